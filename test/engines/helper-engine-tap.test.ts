import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { addProgram } from '../../src/lab/program.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { type CollectedRun, collect } from './collected-run.js';
import { RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
/** Replies to this address are put into IPIP by the lab's program, and unpacked where they arrive. */
const TUNNELLED = '10.125.21.1';
const FIRST_TRIAL_S = 5;

suite('a prober that spares others looks before programs at the interface', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-tap-${process.pid}`);
  before(() => {
    net.up();
    net.in(net.prober, `ip address add ${TUNNELLED}/32 dev eth0`);
    net.in(net.router, `ip route add ${TUNNELLED}/32 via 10.97.1.1`);
    net.in(net.target, `ip route add ${TUNNELLED}/32 via 10.97.2.254`);
  });
  after(() => net.down());

  const path = (protocol: 'icmp' | 'syn', more: Partial<PlannedPath> = {}): PlannedPath => ({
    name: `a>b/${protocol}`,
    protocol,
    address: TARGET_ADDRESS,
    source: TUNNELLED,
    flows: 1,
    freshPerSecond: 0,
    intervalNs: 10 * MS,
    ...more,
  });
  const paths = [path('icmp'), path('syn', { port: 9876, flows: 4 })];

  const probe = (seconds: number): Promise<CollectedRun> => {
    const plan = loopbackPlan({ paths, count: 0, durationNs: seconds * SECOND, sparesOthers: true });
    return collect(createHelperEngine(netnsTransport(net.prober)).start(plan));
  };

  /** Protocols of the packet sockets there that the kernel hands packets to. */
  const looking = (): string[] =>
    net
      .in(net.prober, 'cat /proc/net/packet')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, , , protocol = '', , running]) =>
        running === '1' && ['0003', '0800', '86dd'].includes(protocol) ? [protocol] : [],
      );

  const outcomes = (run: CollectedRun, afterNs = 0): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { outcome, dueNs } of [...run.final(0), ...run.final(1)])
      if (dueNs >= afterNs) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };
  const duplicates = (run: CollectedRun): number => run.totals.reduce((sum, total) => sum + total.duplicates, 0);

  test('at first it looks at both places and counts each reply once, then at the early one alone', async () => {
    const running = probe(FIRST_TRIAL_S + 2);
    await sleep(2_000);
    assert.deepEqual(looking().sort(), ['0003', '0800']);
    await sleep((FIRST_TRIAL_S - 0.5) * 1_000);
    assert.deepEqual(looking(), ['0003']);
    const run = await running;
    assert.deepEqual(Object.keys(outcomes(run)), ['reply']);
    assert.equal(duplicates(run), 0);
  });

  test('replies that a program unpacks there first are seen behind it, from the first on', async () => {
    addProgram(net.router, 'left', 'egress', 1, 'encap');
    addProgram(net.prober, 'eth0', 'ingress', 1, 'decap');
    const running = probe(3);
    await sleep(2_000);
    assert.deepEqual(looking(), ['0800']);
    const run = await running;
    net.in(net.router, 'tc qdisc del dev left clsact');
    net.in(net.prober, 'tc qdisc del dev eth0 clsact');
    assert.deepEqual(Object.keys(outcomes(run)), ['reply']);
    assert.equal(duplicates(run), 0);
  });

  test('a program that comes later hides them for little more than the wait for a reply', async () => {
    const running = probe(FIRST_TRIAL_S + 5);
    await sleep((FIRST_TRIAL_S + 1) * 1_000);
    assert.deepEqual(looking(), ['0003']);
    addProgram(net.router, 'left', 'egress', 1, 'encap');
    addProgram(net.prober, 'eth0', 'ingress', 1, 'decap');
    await sleep(2_500);
    assert.deepEqual(looking(), ['0800']);
    const run = await running;
    const hidden = outcomes(run).lost ?? 0;
    assert.ok(hidden > 0 && hidden < 2 * 150, JSON.stringify(outcomes(run)));
    assert.deepEqual(Object.keys(outcomes(run, (FIRST_TRIAL_S + 3.5) * SECOND)), ['reply']);
  });
});
