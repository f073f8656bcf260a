import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { CodedError } from '../../src/model/errors.js';
import type { Verdict } from '../../src/model/verdict.js';
import { collect } from '../engines/collected-run.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { badNode, FAULT_TITLE } from './bad-node.js';
import { farContainers } from './far-containers.js';
import { heldRights, RIGHTS } from './held-rights.js';
import { imageArchive, RunningCluster } from './running-cluster.js';
import { Store } from './store.js';

const NODES = Number(process.env.RXRAY_CLUSTER_NODES ?? 3);
const RESTRICTED = 'rxray-restricted';

suite('a cluster whose pods run', { timeout: 700_000 }, () => {
  let cluster: RunningCluster;
  let store: Store;
  const archive = imageArchive();
  const skip = archive === undefined ? 'there is no image: npm run package' : false;

  before(async () => {
    if (archive !== undefined) cluster = await RunningCluster.start(NODES, archive);
  });
  after(async () => {
    store?.stop();
    await cluster?.stop();
  });

  test('the chart, installed by helm, has its pods running from the image of npm run package', { skip }, async () => {
    // With two neighbours instead of ten each is probed as often as ten would.
    const values = ['trace.enabled=true', 'events.enabled=true', 'agent.interval=15ms'];
    await cluster.install('rxray', ['companion', 'probe', 'trace'], values);
  });

  test('the restricted tier becomes ready beside it: without a capability it probes the pods of the other nodes', {
    skip,
  }, async () => {
    const values = ['tier=restricted', 'paths.nodePort=30904'];
    await cluster.install(RESTRICTED, ['restricted'], values);
    const { status } = await cluster.podOf('restricted', 'node-1', RESTRICTED);
    await cluster.plane.until('every path to pods is answered', 60_000, async () => {
      const text = await (await fetch(`http://${status.podIP}:9469/metrics`)).text();
      assert.match(text, /rxray_agent_info\{.*tier="restricted"/);
      const count = (name: string): number[] =>
        [...text.matchAll(new RegExp(`^rxray_path_${name}_total\\{.*kind="pod".*\\} (\\S+)$`, 'gm'))].map(([, n]) =>
          Number(n),
        );
      const [probes, lost] = [count('probes'), count('lost')];
      return probes.length >= NODES - 1 && probes.every((sent, index) => sent > 50 && (lost[index] ?? 0) < sent / 10);
    });
  });

  for (const [part, rights] of Object.entries(RIGHTS)) {
    test(`${part}: the kernel holds its container to ${rights.words}`, { skip }, async () => {
      const namespace = part === 'restricted' ? RESTRICTED : 'rxray';
      const pod = await cluster.podOf(part, 'node-1', namespace);
      assert.deepEqual(heldRights(cluster, pod, part), rights.held);
    });
  }

  test('the restricted tier is uninstalled, and nothing of it stays', { skip }, async () => {
    cluster.plane.run('helm', ['uninstall', 'rxray', '--namespace', RESTRICTED, '--wait']);
    const left = cluster.plane.kubectl(['-n', RESTRICTED, 'get', 'daemonset,service,role,networkpolicy', '-o', 'name']);
    assert.equal(left, '');
  });

  test('a helper is brought by kubectl exec into an agent, runs there, and leaves nothing behind', {
    skip,
  }, async () => {
    const pod = await cluster.podOf('probe');
    const transport = cluster.through(pod, { container: 'agent' });
    const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
    const { sent = 0, received = 0, missedSlots = 0 } = run.totals[0] ?? {};
    // A machine that runs a cluster of three beside it may miss a slot; what was sent is answered.
    assert.deepEqual([received, sent + missedSlots], [sent, 20]);
    const { offsetNs = Number.NaN, uncertaintyNs = Number.NaN } = (await transport.exchangeClock?.()) ?? {};
    assert.ok(Math.abs(offsetNs) <= uncertaintyNs, `${offsetNs} ± ${uncertaintyNs} ns`);
    await transport.close?.();
    assert.doesNotMatch(cluster.inside(pod, 'agent', 'ls', '/tmp'), /rxray-[0-9a-f]{8}/);
  });

  test('a companion, without a capability, says what it lacks', { skip }, async () => {
    const transport = cluster.through(await cluster.podOf('companion'), { container: 'companion' });
    const run = collect(createHelperEngine(transport).start(loopbackPlan()));
    await assert.rejects(run, (error) => error instanceof CodedError && error.exitCode === 4);
    await transport.close?.();
  });

  test('kubectl cp brings a file into an agent and back', { skip }, async () => {
    const { metadata } = await cluster.podOf('probe');
    const [own, back] = [cluster.plane.file('own'), cluster.plane.file('back')];
    writeFileSync(own, 'what was copied\n');
    const there = `rxray/${metadata.name}:/tmp/copied`;
    cluster.plane.kubectl(['cp', own, there, '-c', 'agent']);
    cluster.plane.kubectl(['cp', there, back, '-c', 'agent']);
    assert.equal(readFileSync(back, 'utf8'), 'what was copied\n');
  });

  farContainers(() => cluster, skip);

  test('rxray discover sees the cluster, its tracing pods too, and bisect --plan what it can tell apart', {
    skip,
  }, async () => {
    const { parseHosts } = await import('../../src/hosts/hosts-file.js');
    const found = cluster.kubectl('rxray', 'discover');
    assert.equal(found.status, 0, found.stderr);
    const hosts = parseHosts(found.stdout, 'discovered');
    assert.equal(hosts.targets['node-1']?.address, cluster.node('node-1').address);
    const vantage = hosts.vantages['node-1'];
    assert.ok(vantage?.transport === 'kubectl');
    const [probe, trace] = [await cluster.podOf('probe'), await cluster.podOf('trace')];
    assert.deepEqual([vantage.pod, vantage.tracer], [probe.metadata.name, trace.metadata.name]);
    for (const subject of ['node-2', 'svc/rxray-paths', `pod/${(await cluster.podOf('companion')).metadata.name}`]) {
      const plan = cluster.kubectl('rxray', 'bisect', subject, '-n', 'rxray', '--plan');
      assert.equal(plan.status, 0, `${subject}: ${plan.stderr}`);
      assert.match(plan.stdout, /node-2>/, subject);
    }
  });

  test('kubectl rxray bisect measures a service from all nodes beside the agents: no vantage is left out', {
    skip,
  }, () => {
    const words = ['rxray', 'bisect', 'svc/rxray-paths', '-n', 'rxray', '-d', '6s', '--no-trace', '--json'];
    const { status, stdout, stderr } = cluster.kubectl(...words);
    assert.ok(status === 0 || status === 1 || status === 3, `${status} ${stdout}${stderr}`);
    const verdict = stdout.split('\n').find((line) => line.startsWith('{"type":"verdict"'));
    const { evidence, quality } = JSON.parse(verdict ?? '{}') as Verdict;
    const from = new Set(evidence.map(({ path }) => path.split('>')[0]));
    // From the machine that asks as well.
    from.delete('here');
    assert.deepEqual([...from].sort(), cluster.nodes.map(({ name }) => name).sort(), stderr);
    assert.doesNotMatch([stderr, ...quality.notes].join('\n'), / is out: | was left out|no \d+ free source ports/);
    for (const line of stderr.split('\n').filter((one) => one.includes('W_FRESH_PORTS'))) console.log(`  ${line}`);
  });

  test('kubectl completes words, nodes and pods of the plugin', { skip }, async () => {
    const completed = (...words: string[]) => cluster.kubectl('__complete', 'rxray', ...words).stdout.split('\n');
    assert.ok(completed('tr').includes('trace'));
    assert.deepEqual(
      completed('trace', 'stall', 'node-').slice(0, NODES),
      cluster.nodes.map(({ name }) => name),
    );
    assert.ok(completed('bisect', '--pl').includes('--plan'));
  });

  test('kubectl rxray trace stall loads its programs in the tracing pod, with its two capabilities and its own seccomp profile', {
    skip,
  }, () => {
    const { status, stdout, stderr } = cluster.kubectl('rxray', 'trace', 'stall', 'node-1', '-d', '3s', '--json');
    assert.ok(status === 0 || status === 1, `${status} ${stdout}${stderr}`);
    const [run = ''] = stdout.split('\n');
    assert.match(run, /"command":"trace stall"/);
    assert.match(run, /"tracepoint":"softirq_entry","got":true/);
    assert.match(stdout, /"type":"trace-quality".*"end":"complete"/);
  });

  test('kubectl rxray trace syscalls tells the calls of one pod, and of no other', { skip }, async () => {
    const { metadata } = await cluster.podOf('probe', 'node-2');
    const words = ['rxray', 'trace', 'syscalls', metadata.name, '-n', 'rxray', '-d', '4s', '--summary', '--json'];
    const { status, stdout, stderr } = cluster.kubectl(...words);
    assert.ok(status === 0 || status === 1, `${status} ${stdout}${stderr}`);
    const told = stdout.split('\n').filter((line) => /"type":"syscall-/.test(line));
    assert.ok(told.length > 0, `${stdout}${stderr}`);
    const records = told.map((line) => JSON.parse(line) as { readonly process?: string; readonly pod?: string });
    console.log(`  ${[...new Set(records.map(({ process: name }) => name))].join(', ')}`);
    const ofCalls = records.filter(({ process: name }) => name !== undefined);
    assert.ok(ofCalls.length > 0);
    // Of a process that has ended the path of its control group is not known any more.
    const pods = new Set(ofCalls.flatMap(({ pod }) => pod ?? []));
    assert.deepEqual([...pods], [metadata.uid]);
  });

  test('a real Prometheus scrapes the agents, and rxray fleet judges them by it: nobody is accused', {
    skip,
  }, async () => {
    store = await Store.start(cluster);
    const { plane } = cluster;
    await plane.until('all agents are scraped and ready', 60_000, async () => {
      return (await store.value('sum(rxray_agent_ready)')) === NODES;
    });
    // Each of them probes each other one by node, pod and NodePort, and is answered.
    for (const kind of ['node', 'pod', 'nodeport']) {
      const probed = `count(count by (node, to) (rxray_path_probes_total{kind="${kind}"} > rxray_path_lost_total))`;
      await plane.until(`every path by ${kind}`, 60_000, async () => {
        return (await store.value(probed)) === NODES * (NODES - 1);
      });
    }
    const judged = cluster.kubectl('rxray', 'fleet', '--prometheus', store.url, '--json');
    console.log(`  fleet: status ${judged.status}: ${judged.stdout.trim().split('\n').at(-1)?.slice(0, 300)}`);
    assert.ok(judged.status === 0 || judged.status === 3, `${judged.stdout}${judged.stderr}`);
  });

  test(FAULT_TITLE, { skip }, async () => {
    mkdirSync(cluster.plane.file('faults'));
    await badNode(cluster, store);
  });

  test('a node that dies in the middle of a run ends the run, with what was seen until then', { skip }, async () => {
    const last = `node-${NODES}`;
    const transport = cluster.through(await cluster.podOf('probe', last), { container: 'agent' });
    const plan = { ...loopbackPlan(), count: 3_000 };
    let [seen, reason] = [0, 'none'];
    const began = performance.now();
    const run = (async () => {
      for await (const event of createHelperEngine(transport).start(plan).events) {
        if (event.kind === 'samples') seen += event.samples.length;
        if (event.kind === 'end') reason = event.reason;
      }
    })();
    await cluster.plane.until('probes are seen', 60_000, () => seen > 0);
    await cluster.nodes.pop()?.stop();
    const end = await run.then(
      () => reason,
      (error: unknown) => (error instanceof CodedError ? `${error.code} ${error.message}` : String(error)),
    );
    console.log(`  ${end} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.ok(seen > 0 && seen < 3_000);
    assert.match(end, /cut-off|E_/);
    assert.ok(performance.now() - began < 60_000);
    await transport.close?.();
  });
});
