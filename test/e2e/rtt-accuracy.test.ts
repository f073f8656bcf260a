import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED_PORT, HOST_ADDRESS, routerPort } from '../../src/lab/addresses.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isGap, readTruth } from '../../src/lab/truth.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { startBusyLoops } from '../bench/busy-loops.js';
import { pathEvery10Ms, runProber } from '../bench/prober-run.js';
import { type Spread, spread } from '../bench/quantile.js';
import { type RunningCapture, startCapture } from '../capture/capture.js';
import { pairExchanges, wireRttNs } from '../capture/exchange.js';
import { type MatchedProbe, matchProbes } from '../capture/probe-match.js';
import { needsRoot } from './lab-probing.js';

const LAB = 'rttacc';
const PROBED_NS = 4 * SECOND;
const LIMIT_NS = 10 * US;
/** The log of gaps has a beat of 1 ms, and calls 2 ms more a gap: a pause may have begun a beat before it. */
const BEAT_NS = MS;
const USER_STAMPS = SampleFlags.userSentStamp | SampleFlags.userReceivedStamp;

const paths = [
  pathEvery10Ms('icmp', HOST_ADDRESS.bad, CLOSED_PORT),
  pathEvery10Ms('syn', HOST_ADDRESS.bad, CLOSED_PORT),
];

interface Accuracy {
  readonly path: string;
  readonly sent: number;
  readonly unmatched: readonly MatchedProbe[];
  readonly userStamped: number;
  /** Left out because the machine paused while they were under way. */
  readonly paused: number;
  /** Against the capture on the prober's interface. */
  readonly errorNs: Spread;
  /** Against the same without what the capture itself delays a probe: that, idle, can be more than the limit. */
  readonly wireErrorNs: Spread;
}

/** Probes while captures run at both ends of the prober's link, and compares every round-trip time. */
async function measure(loaded: boolean): Promise<Accuracy[]> {
  const captures: RunningCapture[] = [];
  const loops = loaded ? startBusyLoops(PROBED_NS / SECOND + 10) : undefined;
  try {
    captures.push(await startCapture(namespaceOf(LAB, 'shell'), 'eth0'));
    captures.push(await startCapture(namespaceOf(LAB, 'fabric'), routerPort('shell')));
    if (loaded) await sleep(500);
    const record = await runProber(namespaceOf(LAB, 'shell'), paths, PROBED_NS).ended;
    const captured = await Promise.all(captures.map((capture) => capture.stop()));
    assert.deepEqual(
      captured.map(({ dropped }) => dropped),
      [0, 0],
    );
    const [near = [], far = []] = captured.map(({ packets }) => pairExchanges(packets));
    const gaps = readTruth((await labStatus({ name: LAB })).gapLog).filter(isGap);
    const epochNs = Number(record.epochMonoNs);
    const duringPause = ({ sentNs, rttNs }: MatchedProbe): boolean =>
      gaps.some(
        ({ fromMonoNs, toMonoNs }) =>
          fromMonoNs - BEAT_NS <= epochNs + sentNs + Math.max(0, rttNs) && toMonoNs >= epochNs + sentNs - BEAT_NS,
      );
    return paths.map((path, index) => {
      const source = record.hello.paths[index] ?? { path: index, sourcePorts: null };
      const probes = matchProbes(record.samples, path, source, near);
      const farEnd = new Map(
        matchProbes(record.samples, path, source, far).map((probe) => [probe.seq, probe.exchange]),
      );
      const undisturbed = probes.filter((probe) => !duringPause(probe));
      return {
        path: path.name,
        sent: probes.length,
        unmatched: probes.filter(({ rttNs, exchange }) => rttNs >= 0 && exchange?.rttNs === undefined),
        userStamped: probes.filter(({ flags }) => (flags & USER_STAMPS) !== 0).length,
        paused: probes.length - undisturbed.length,
        errorNs: errors(undisturbed, ({ exchange }) => exchange?.rttNs),
        wireErrorNs: errors(undisturbed, ({ seq, exchange }) => wireRttNs(exchange, farEnd.get(seq))),
      };
    });
  } finally {
    for (const capture of captures) capture.abandon();
    await loops?.stop();
  }
}

const errors = (probes: readonly MatchedProbe[], trueRttNs: (probe: MatchedProbe) => number | undefined): Spread =>
  spread(
    probes.flatMap((probe) => {
      const truth = trueRttNs(probe);
      return probe.rttNs < 0 || truth === undefined ? [] : Math.abs(probe.rttNs - truth);
    }),
  );

function check(t: TestContext, found: readonly Accuracy[]): void {
  const us = (ns: number): string => (ns / US).toFixed(1);
  const shown = ({ p50, p99, max }: Spread): string => `p50 ${us(p50)}, p99 ${us(p99)}, max ${us(max)} µs`;
  for (const { path, sent, paused, errorNs, wireErrorNs } of found) {
    t.diagnostic(`${path}: ${errorNs.count} of ${sent} compared, ${paused} left out during pauses of the machine`);
    t.diagnostic(
      `${path}: RTT error against the capture ${shown(errorNs)}; without its own delay ${shown(wireErrorNs)}`,
    );
  }
  for (const { path, sent, unmatched, userStamped, errorNs, wireErrorNs } of found) {
    assert.ok(sent >= (PROBED_NS / (10 * MS)) * 0.9, `${path}: ${sent} probes sent`);
    assert.deepEqual(unmatched, [], `${path}: answered probes that the capture does not have`);
    assert.equal(userStamped, 0, `${path}: all stamps are the kernel's`);
    assert.ok(errorNs.count >= sent / 2, `${path}: ${errorNs.count} of ${sent} compared`);
    assert.equal(wireErrorNs.count, errorNs.count, `${path}: both ends of the link saw the same`);
    assert.ok(errorNs.p50 <= LIMIT_NS, `${path}: median error ${us(errorNs.p50)} µs`);
    assert.ok(wireErrorNs.p90 <= LIMIT_NS, `${path}: p90 error ${us(wireErrorNs.p90)} µs`);
  }
}

test("the reported RTT is within 10 µs of a capture on the prober's interface", {
  ...needsRoot,
  timeout: 60_000,
}, async (t) => {
  await labUp({ name: LAB }, () => {});
  try {
    await t.test('idle', async (t) => check(t, await measure(false)));
    await t.test('with four busy loops on the CPUs', async (t) => check(t, await measure(true)));
  } finally {
    await labDown({ name: LAB }, () => {});
  }
});
