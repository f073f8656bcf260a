import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED_PORT, HOST_ADDRESS } from '../../src/lab/addresses.js';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isGap, readTruth } from '../../src/lab/truth.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { startBusyLoops } from '../bench/busy-loops.js';
import { pathEvery10Ms, runProber } from '../bench/prober-run.js';
import { type Spread, spread } from '../bench/quantile.js';
import { startCapture } from '../capture/capture.js';
import { pairExchanges } from '../capture/exchange.js';
import { type MatchedProbe, matchProbes } from '../capture/probe-match.js';
import { needsRoot } from './lab-probing.js';

const LAB = 'rttacc';
const PROBED_NS = 8 * SECOND;
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
  readonly errorNs: Spread;
}

/** Probes while a capture runs on the same interface, and compares every round-trip time. */
async function measure(loaded: boolean): Promise<Accuracy[]> {
  const netns = namespaceOf(LAB, 'shell');
  const loops = loaded ? startBusyLoops(PROBED_NS / SECOND + 10) : undefined;
  const capture = await startCapture(netns, 'eth0');
  try {
    if (loaded) await sleep(500);
    const record = await runProber(netns, paths, PROBED_NS).ended;
    const captured = await capture.stop();
    assert.equal(captured.dropped, 0);
    const exchanges = pairExchanges(captured.packets);
    const gaps = readTruth((await labStatus({ name: LAB })).gapLog).filter(isGap);
    const epochNs = Number(record.epochMonoNs);
    const duringPause = ({ sentNs, rttNs }: MatchedProbe): boolean =>
      gaps.some(
        ({ fromMonoNs, toMonoNs }) =>
          fromMonoNs - BEAT_NS <= epochNs + sentNs + Math.max(0, rttNs) && toMonoNs >= epochNs + sentNs - BEAT_NS,
      );
    return paths.map((path, index) => {
      const source = record.hello.paths[index] ?? { path: index, sourcePorts: null };
      const probes = matchProbes(record.samples, path, source, exchanges);
      const undisturbed = probes.filter((probe) => !duringPause(probe));
      return {
        path: path.name,
        sent: probes.length,
        unmatched: probes.filter(({ rttNs, exchange }) => rttNs >= 0 && exchange?.rttNs === undefined),
        userStamped: probes.filter(({ flags }) => (flags & USER_STAMPS) !== 0).length,
        paused: probes.length - undisturbed.length,
        errorNs: spread(
          undisturbed.flatMap(({ rttNs, exchange }) =>
            rttNs < 0 || exchange?.rttNs === undefined ? [] : Math.abs(rttNs - exchange.rttNs),
          ),
        ),
      };
    });
  } finally {
    capture.abandon();
    await loops?.stop();
  }
}

function check(t: TestContext, found: readonly Accuracy[]): void {
  const us = (ns: number): string => `${(ns / US).toFixed(1)} µs`;
  for (const { path, sent, paused, errorNs } of found) {
    t.diagnostic(
      `${path}: ${errorNs.count} of ${sent} compared, ${paused} left out during pauses of the machine; RTT error p50 ${us(errorNs.p50)}, p99 ${us(errorNs.p99)}, max ${us(errorNs.max)}`,
    );
  }
  for (const { path, sent, unmatched, userStamped, errorNs } of found) {
    assert.ok(sent >= (PROBED_NS / (10 * MS)) * 0.9, `${path}: ${sent} probes sent`);
    assert.deepEqual(unmatched, [], `${path}: answered probes that the capture does not have`);
    assert.equal(userStamped, 0, `${path}: all stamps are the kernel's`);
    assert.ok(errorNs.count >= sent / 2, `${path}: ${errorNs.count} of ${sent} compared`);
    assert.ok(errorNs.p50 <= LIMIT_NS, `${path}: median error ${us(errorNs.p50)}`);
    assert.ok(errorNs.p99 <= LIMIT_NS, `${path}: p99 error ${us(errorNs.p99)}`);
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
