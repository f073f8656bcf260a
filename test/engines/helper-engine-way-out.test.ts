import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { type CollectedRun, collect, type Seen } from './collected-run.js';
import { RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const ENETDOWN = 100;
const ENETUNREACH = 101;
const HELD = SampleFlags.heldBeforeQueue | SampleFlags.heldInQueue;

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';

suite("the sender's own way out, as the helper measures it", { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-way-out-${process.pid}`);
  before(() => net.up());
  after(() => net.down());

  const path: PlannedPath = {
    name: 'a>b/icmp',
    protocol: 'icmp',
    address: TARGET_ADDRESS,
    flows: 1,
    freshPerSecond: 0,
    intervalNs: 10 * MS,
  };

  /** Probes the target, while something is done to the way there. */
  async function probed(overrides: Partial<ProbePlan>, meanwhile: () => Promise<void>): Promise<CollectedRun> {
    const plan = loopbackPlan({ paths: [path], count: 0, durationNs: 3 * SECOND, ...overrides });
    const run = collect(createHelperEngine(netnsTransport(net.prober)).start(plan));
    await meanwhile();
    return run;
  }

  const waited = (samples: readonly Seen[], flag: number): Seen[] =>
    samples.filter(({ flags }) => (flags & flag) !== 0);

  test('where nothing holds the probes, it takes no time', async () => {
    const run = await probed({ durationNs: SECOND }, async () => {});
    const delays = run.final().map(({ txDelayNs }) => txDelayNs);
    assert.ok(delays.length >= 30, `${delays.length} probes`);
    assert.ok(
      delays.every((delay) => delay > 0),
      'all are measured',
    );
    delays.sort((a, b) => a - b);
    const median = delays[delays.length >> 1] ?? 0;
    assert.ok(median < MS, `the median is ${median / 1e3} µs`);
  });

  test('what waits a second for address resolution is told with its length and place, and has a normal RTT', async () => {
    const run = await probed({}, async () => {
      await sleep(700);
      net.in(net.router, 'ip link set left arp off');
      net.in(net.prober, 'ip neigh flush all');
      await sleep(400);
      net.in(net.router, 'ip link set left arp on');
    });
    const held = waited(run.final(), SampleFlags.heldBeforeQueue).filter(({ txDelayNs }) => txDelayNs > 100 * MS);
    assert.ok(held.length >= 30, `${held.length} probes waited`);
    const longest = Math.max(...held.map(({ txDelayNs }) => txDelayNs));
    assert.ok(longest > 700 * MS && longest < 1_300 * MS, `the longest by ${longest / 1e6} ms`);
    const releases = held.map(({ dueNs, lagNs, txDelayNs }) => dueNs + lagNs + txDelayNs);
    const spread = Math.max(...releases) - Math.min(...releases);
    assert.ok(spread < 20 * MS, `they left within ${spread / 1e6} ms`);
    const answered = held.filter(({ rttNs }) => rttNs >= 0);
    assert.ok(answered.length >= held.length - 2, `${answered.length} of ${held.length} were answered`);
    const rtts = answered.map(({ rttNs }) => rttNs).sort((a, b) => a - b);
    assert.ok((rtts[rtts.length >> 1] ?? Infinity) < 20 * MS, 'which says nothing of the wait');
    for (const { outcome, txDelayNs } of answered)
      if (txDelayNs > 1_100 * MS) assert.equal(outcome, 'late', 'its answer came after the wait all the same');
  });

  test('what waits in a queue of the interface is told as such', async () => {
    net.in(net.prober, 'tc qdisc add dev eth0 root tbf rate 8kbit burst 200 latency 3s');
    try {
      const run = await probed({ paths: [{ ...path, intervalNs: 50 * MS }], durationNs: SECOND }, async () => {});
      const held = waited(run.final(), SampleFlags.heldInQueue);
      assert.ok(held.length >= 8, `${held.length} probes waited`);
      assert.ok(Math.max(...held.map(({ txDelayNs }) => txDelayNs)) > 200 * MS);
      assert.equal(waited(run.final(), SampleFlags.heldBeforeQueue).length, 0);
    } finally {
      net.in(net.prober, 'tc qdisc del dev eth0 root');
    }
  });

  test('sends that the machine refuses are counted, and named by their error', async () => {
    const run = await probed({}, async () => {
      await sleep(700);
      net.in(net.prober, 'ip link set eth0 down');
      await sleep(1_000);
      net.in(net.prober, 'ip link set eth0 up');
      net.in(net.prober, 'ip route add default via 10.97.1.254');
    });
    const failed = run.final().filter(({ outcome }) => outcome === 'send-failed');
    assert.ok(failed.length >= 60, `${failed.length} sends failed`);
    for (const { errorCode } of failed) assert.ok([ENETDOWN, ENETUNREACH].includes(errorCode), `errno ${errorCode}`);
    assert.equal(run.totals[0]?.sendFailed, failed.length);
    assert.ok(
      run
        .final()
        .slice(-20)
        .some(({ outcome, flags }) => outcome === 'reply' && (flags & HELD) === 0),
    );
  });
});
