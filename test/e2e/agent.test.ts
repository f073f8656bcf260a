import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../../src/installation/package-folder.js';
import {
  agentCulpritSchema,
  agentRecordSchema,
  edgeFindingSchema,
  edgeRecordSchema,
  inboundFindingSchema,
} from '../../src/model/records/agent.js';
import { AgentLab, type LabAgent } from './agent-lab.js';
import { needsRoot } from './lab-probing.js';

suite('agents of four nodes', needsRoot, () => {
  const lab = new AgentLab('rxag', 4);
  const [one, two, three, four] = lab.agents as [LabAgent, LabAgent, LabAgent, LabAgent];

  before(async () => {
    lab.up();
    await lab.startAll();
    // The usual RTT of each path is known by then.
    await sleep(8_000);
  });
  after(() => lab.down());

  test('each probes the others, hears them, and has a valid exposition', async () => {
    for (const agent of lab.agents) {
      assert.equal((await lab.metric(agent, 'path_probes_total')).size, 9);
      assert.deepEqual([...(await lab.metric(agent, 'inbound_senders')).values()], [3]);
    }
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await lab.get(one, '/metrics') });
    if (status !== null) assert.equal(`${status} ${stderr}`, '0 ');
  });

  test('what is held in front of a node is seen by all that probe it, and by itself', async () => {
    lab.faults.beginOnRouter({ periodMs: 2_000 }, `-d ${lab.address(three.node)}`);
    await lab.until(async () => {
      const stalls = await lab.metric(one, 'path_stalls_total');
      return [...stalls].some(([labels, count]) => labels.includes('to="node-3"') && count >= 2);
    }, 60_000);
    await sleep(6_000);
    await lab.faults.end();
    for (const agent of [one, two, four]) {
      const lines = await lab.findings(agent);
      const stalls = lines.filter((line) => line.type === 'edge-finding' && line.finding.kind === 'stall');
      const own = stalls.filter((line) => line.type === 'edge-finding' && !line.finding.selfInflicted);
      assert.ok(own.length > 0, `${agent.node} saw none`);
      for (const line of own) if (line.type === 'edge-finding') assert.equal(line.to, 'node-3');
    }
    const inbound = await lab.metric(three, 'inbound_stalls_total');
    assert.ok((inbound.get('place="all"') ?? 0) >= 1, `${[...inbound]}`);
    assert.equal(inbound.get('place="receive"'), 0);
    for (const agent of [one, two]) {
      const stalls = await lab.metric(agent, 'inbound_stalls_total');
      assert.equal(stalls.get('place="receive"'), 0, agent.node);
    }
    const release = [...(await lab.metric(one, 'path_last_release_timestamp_seconds'))].find(
      ([labels, value]) => labels.includes('to="node-3"') && value > 0,
    );
    assert.ok(Math.abs((release?.[1] ?? 0) - Date.now() / 1000) < 120);
  });

  test('lines of /findings are as the schema says', async () => {
    const schemas = {
      agent: agentRecordSchema,
      edge: edgeRecordSchema,
      'edge-finding': edgeFindingSchema,
      'inbound-finding': inboundFindingSchema,
      'agent-culprit': agentCulpritSchema,
    };
    const lines = await lab.findings(one);
    assert.equal(lines[0]?.type, 'agent');
    for (const line of lines) schemas[line.type].strict().parse(line);
    assert.ok(lines.some(({ type }) => type === 'edge-finding'));
  });

  test('around the incident there is a recording that replays', async () => {
    await lab.until(async () => (await lab.get(one, '/recordings/')).includes('rxr.gz'), 20_000);
    const [line = '{}'] = (await lab.get(one, '/recordings/')).split('\n');
    const { name } = JSON.parse(line) as { name: string };
    const file = join(lab.folder, 'recordings-node-1', name);
    const replayed = spawnSync(
      process.execPath,
      [join(packageFolder(), 'dist/bin/rxray.js'), 'replay', file, '--json'],
      { encoding: 'utf8' },
    );
    assert.equal(replayed.status, 0, replayed.stderr);
    const lines = replayed.stdout.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text)]));
    const summaries = lines.filter(({ type }) => type === 'summary');
    assert.ok(summaries.some(({ path }) => path === 'node-1>node-3/icmp'));
    for (const { path, received } of summaries) assert.ok(received > 50, `${path}: ${received}`);
    // Path by path, of which none has more than two probes in 140 ms: the held ones are spikes.
    assert.ok(lines.some(({ type, path }) => type === 'finding' && path.startsWith('node-1>node-3')));
    assert.doesNotMatch(replayed.stdout, /secret/);
  });

  test('two stalls make a closer look by one of the two that lead, within its rate', async () => {
    const begun = await Promise.all(lab.agents.map((agent) => lab.metric(agent, 'agent_escalations_total')));
    const count = begun.reduce((sum, values) => sum + (values.get('') ?? 0), 0);
    assert.ok(count >= 1 && count <= 2, `${count}`);
  });

  test('a helper that is killed is back within five seconds, and nobody is accused of it', async () => {
    const before = await lab.findings(two);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const) {
      const helpers = (): number[] =>
        lab.processes(two).flatMap(({ pid, name }) => (name === 'rxray-prober' ? [pid] : []));
      const old = new Set(helpers());
      for (const pid of old) process.kill(pid, signal);
      await lab.until(async () => helpers().filter((pid) => !old.has(pid)).length >= 1, 5_000);
    }
    const restarts = await lab.metric(two, 'agent_helper_restarts_total');
    assert.ok((restarts.get('process="prober"') ?? 0) >= 3);
    await sleep(3_000);
    const stalls = (lines: readonly { type: string }[]): number =>
      lines.filter(({ type }) => type === 'edge-finding').length;
    const fresh = (await lab.findings(two)).slice(-(stalls(await lab.findings(two)) - stalls(before)) || undefined);
    for (const line of fresh) {
      if (line.type === 'edge-finding' && line.finding.kind === 'stall' && line.to !== 'node-3')
        assert.ok(line.finding.selfInflicted);
    }
  });

  test('a member that is gone is probed no more, and its series are gone', async () => {
    lab.setMembers(['node-1', 'node-2', 'node-3']);
    await lab.until(
      async () => ![...(await lab.metric(one, 'path_probes_total')).keys()].some((labels) => labels.includes('node-4')),
      15_000,
    );
    assert.equal((await lab.metric(one, 'path_probes_total')).size, 6);
    lab.setMembers(lab.agents.map(({ node }) => node));
    await lab.until(async () => (await lab.metric(one, 'path_probes_total')).size === 9, 15_000);
  });

  test('a configuration that is wrong leaves the old one, and says so with line and key; a right one is taken up', async () => {
    const right = `node: node-1\nmembers: { file: ${join(lab.folder, 'members.yaml')} }\nprobe: { interval: 50ms }\nrecorder: { folder: ${lab.folder} }\n`;
    const replace = (text: string): void => {
      writeFileSync(`${one.config}.new`, text);
      renameSync(`${one.config}.new`, one.config);
    };
    replace(right.replace('interval: 50ms', 'intervall: 50ms'));
    await lab.until(async () => (await lab.metric(one, 'agent_config_reload_success')).get('') === 0, 15_000);
    assert.match(one.log, /node-1\.yaml:3: probe\.intervall: unknown key; interval\?/);
    assert.equal((await lab.metric(one, 'path_probes_total')).size, 9);
    replace(right);
    await lab.until(async () => (await lab.metric(one, 'agent_config_reload_success')).get('') === 1, 15_000);
    await lab.until(
      async () =>
        (await lab.findings(one)).some((line) => line.type === 'edge' && Math.round(line.intervalNs / 1e6) === 151),
      15_000,
    );
  });

  test('an agent that ends, however it ends, leaves nothing running', async () => {
    assert.equal(await lab.end(two, 'SIGTERM'), 0);
    assert.deepEqual(lab.processes(two), []);
    await lab.end(three, 'SIGKILL');
    await lab.until(async () => lab.processes(three).length === 0, 5_000);
  });
});
