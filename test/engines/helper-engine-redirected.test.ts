import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { RunQuality } from '../../src/commands/run/run-quality.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { addProgram } from '../../src/lab/program.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { qualityDoubts } from '../../src/report/probe/text-reporter.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { type CollectedRun, collect } from './collected-run.js';
import { RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
const COUNT = 40;

suite('replies that a BPF program hands into the namespace of the prober', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-redirect-${process.pid}`);
  before(() => net.up());
  after(() => net.down());

  const path = (protocol: 'icmp' | 'syn', more: Partial<PlannedPath> = {}): PlannedPath => ({
    name: `a>b/${protocol}`,
    protocol,
    address: TARGET_ADDRESS,
    flows: 1,
    freshPerSecond: 0,
    intervalNs: 10 * MS,
    ...more,
  });
  const paths = [path('icmp'), path('syn', { port: 9876, flows: 4 })];

  const probed = (): Promise<CollectedRun> => {
    const plan = loopbackPlan({ paths, count: COUNT, durationNs: 3 * SECOND });
    return collect(createHelperEngine(netnsTransport(net.prober)).start(plan));
  };
  const qualityOf = (run: CollectedRun) => {
    const quality = new RunQuality();
    for (const event of run.events) quality.add(event);
    return quality.record();
  };

  /** Replies in all; a prober that is kept waiting leaves slots out, and nothing else may be missing. */
  const answered = (run: CollectedRun): number => {
    const finals = [...run.final(0), ...run.final(1)];
    const replies = finals.filter(({ outcome }) => outcome === 'reply').length;
    const missed = run.totals.reduce((sum, { missedSlots }) => sum + missedSlots, 0);
    assert.equal(replies, finals.length);
    assert.equal(replies + missed, 2 * COUNT);
    assert.ok(replies >= COUNT);
    return replies;
  };

  test('through the pair of the namespace all have the stamp of the driver', async () => {
    const run = await probed();
    assert.deepEqual(qualityOf(run).receivedStamps, { driver: answered(run), socket: 0, user: 0, card: 0 });
  });

  test('what is handed past it keeps that stamp', async () => {
    addProgram(net.router, 'right', 'ingress', 1, 'peer');
    const run = await probed();
    // It was not routed, or the TTL would be one less.
    assert.ok(run.final(0).every(({ ttl }) => ttl === 64));
    assert.deepEqual(qualityOf(run).receivedStamps, { driver: answered(run), socket: 0, user: 0, card: 0 });
  });

  test('with a delivery time the stamp is gone: each sample says so, and the quality counts them', async () => {
    net.in(net.router, 'tc qdisc del dev right clsact');
    addProgram(net.router, 'right', 'ingress', 1, 'peer', 'tc/paced');
    const run = await probed();
    for (const index of [0, 1]) {
      const samples = run.final(index).filter(({ outcome }) => outcome === 'reply');
      assert.ok(samples.every(({ flags }) => (flags & SampleFlags.socketReceivedStamp) !== 0));
      assert.ok(samples.every(({ flags }) => (flags & SampleFlags.userReceivedStamp) === 0));
      // The socket reads the clock as the packet reaches it: the RTT is one still.
      assert.ok(samples.every(({ rttNs }) => rttNs > 0 && rttNs < SECOND));
    }
    const quality = qualityOf(run);
    const replies = answered(run);
    assert.deepEqual(quality.receivedStamps, { driver: 0, socket: replies, user: 0, card: 0 });
    assert.ok(
      qualityDoubts(quality).join().includes(`${replies} of ${replies} replies lost the driver's receive stamp`),
      qualityDoubts(quality).join(),
    );
  });

  test('out of a device to a neighbour it keeps that stamp, and so does what a probe passes on its way out', async () => {
    net.in(net.router, 'tc qdisc del dev right clsact');
    addProgram(net.router, 'right', 'ingress', 1, 'peer', 'tc/neighbour');
    addProgram(net.router, 'left', 'ingress', 1, 'peer', 'tc/out');
    const run = await probed();
    for (const index of [0, 1]) {
      const samples = run.final(index).filter(({ outcome }) => outcome === 'reply');
      assert.ok(
        samples.every(({ ttl }) => ttl === 64),
        'it was not routed, or the TTL would be one less',
      );
      assert.ok(
        samples.every(({ flags }) => (flags & (SampleFlags.userSentStamp | SampleFlags.userReceivedStamp)) === 0),
      );
    }
    assert.deepEqual(qualityOf(run).receivedStamps, { driver: answered(run), socket: 0, user: 0, card: 0 });
  });

  test('now by the driver, now by the socket: the samples of one run differ, and each says which', async () => {
    net.in(net.router, 'tc qdisc del dev left clsact');
    const plan = loopbackPlan({ paths: [path('icmp', { intervalNs: 20 * MS })], count: 100, durationNs: 4 * SECOND });
    const collecting = collect(createHelperEngine(netnsTransport(net.prober)).start(plan));
    // What happens to a running prober when the programs of its node are replaced.
    await setTimeout(1000);
    net.in(net.router, 'tc qdisc del dev right clsact');
    addProgram(net.router, 'right', 'ingress', 1, 'peer', 'tc/paced');
    const run = await collecting;
    const { driver = 0, socket = 0 } = qualityOf(run).receivedStamps ?? {};
    assert.ok(driver > 10 && socket > 10, JSON.stringify({ driver, socket }));
    const flagged = run.final(0).filter(({ flags }) => (flags & SampleFlags.socketReceivedStamp) !== 0);
    assert.equal(flagged.length, socket);
  });
});
