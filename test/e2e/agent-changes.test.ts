import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, tryCommand } from '../../src/lab/command.js';
import { assertNobodyAccused } from '../verdicts/innocent.js';
import { AgentLab, type LabAgent } from './agent-lab.js';
import { accusations } from './kill-rounds.js';
import { needsRoot } from './lab-probing.js';

/** That all CPUs are busy is in fleet-agents.test.ts: others run beside these. */
suite('what happens to the machine of an agent', needsRoot, () => {
  const lab = new AgentLab('rxch', 3);
  const [one, two, three] = lab.agents as [LabAgent, LabAgent, LabAgent];
  const small = join(lab.folder, `recordings-${two.node}`);
  const ready = async (agent: LabAgent): Promise<boolean> => (await lab.get(agent, '/readyz')).startsWith('ready');
  const probes = async (agent: LabAgent): Promise<number> =>
    [...(await lab.metric(agent, 'path_probes_total')).values()].reduce((sum, value) => sum + value, 0);

  before(async () => {
    mkdirSync(small);
    // Less than any recording takes.
    command(['mount', '-t', 'tmpfs', '-o', 'size=4k', 'rxray-test', small]);
    lab.up();
    await lab.startAll();
    await sleep(6_000);
  });
  after(async () => {
    await Promise.all(lab.agents.map((agent) => lab.end(agent)));
    tryCommand(['umount', small]);
    await lab.down();
  });

  test('stopped for four seconds and continued, an agent accuses nobody and is ready again', async () => {
    const pids = lab.processes(one).map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await sleep(4_000);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await lab.until(() => ready(one), 10_000);
    await sleep(4_000);
    assertNobodyAccused(await accusations(lab));
  });

  test('members that come and go four times accuse nobody, and their series go', async () => {
    const all = lab.network.nodes;
    for (let round = 0; round < 4; round += 1) {
      lab.setMembers(round % 2 === 0 ? all.slice(0, 2) : all);
      await sleep(2_500);
    }
    lab.setMembers(all.slice(0, 2));
    await lab.until(
      async () => ![...(await lab.metric(one, 'path_probes_total')).keys()].some((labels) => labels.includes('node-3')),
      10_000,
    );
    lab.setMembers(all);
    await lab.until(async () => (await lab.metric(one, 'path_probes_total')).size === 6, 10_000);
    await sleep(4_000);
    assertNobodyAccused(await accusations(lab));
    for (const agent of lab.agents) {
      const refused = await lab.metric(agent, 'inbound_refused_total');
      assert.deepEqual([refused.get('reason="forged"'), refused.get('reason="replayed"')], [0, 0]);
    }
  });

  test('another address begins its probing anew, and accuses nobody', async () => {
    command(['ip', '-n', two.namespace, 'address', 'add', '10.96.2.77/24', 'dev', 'eth0']);
    await lab.until(() => Promise.resolve(/addresses of this machine changed/.test(two.log)), 10_000);
    const before = await probes(two);
    await lab.until(async () => (await ready(two)) && (await probes(two)) > before + 100, 10_000);
    assertNobodyAccused(await accusations(lab));
  });

  test('with its interface down it says that it is not ready; up again it goes on, and no other is accused', async () => {
    command(['ip', '-n', three.namespace, 'link', 'set', 'eth0', 'down']);
    await lab.until(async () => !(await ready(three)), 20_000);
    command(['ip', '-n', three.namespace, 'link', 'set', 'eth0', 'up']);
    command(['ip', '-n', three.namespace, 'route', 'add', 'default', 'via', '10.96.3.1']);
    await lab.until(() => ready(three), 75_000);
    // What its router held until it answered ARP again was a stall on the way to it.
    const others = (await accusations(lab)).filter((words) => !/on the way to node-3|^node-3 saw/.test(words));
    assertNobodyAccused(others);
  });

  test('a full disk fails recordings, which is counted, and nothing else', async () => {
    lab.faults.beginOnRouter({ periodMs: 2_000 }, `-d ${lab.address(three.node)}`);
    const failed = async (): Promise<number> => (await lab.metric(two, 'agent_recordings_failed_total')).get('') ?? 0;
    await lab.until(async () => (await failed()) > 0, 40_000);
    await lab.faults.end();
    assert.ok(await ready(two));
    assert.equal((await lab.metric(two, 'agent_recordings')).get(''), 0);
    // Another one has room.
    await lab.until(async () => (await lab.metric(one, 'agent_recordings')).get('') === 1, 20_000);
  });
});
