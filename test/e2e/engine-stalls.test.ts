import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECT_PROGRAM, createConnectEngine } from '../../src/engines/connect-engine.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../src/engines/portable-engine.js';
import { CLOSED_PORT, HOST_ADDRESS } from '../../src/lab/addresses.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { labStatus } from '../../src/lab/lab.js';
import { isGap, machineGaps, readTruth } from '../../src/lab/truth.js';
import { onTimeLine } from '../../src/lab/truth-match.js';
import { MS } from '../../src/model/time.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { LAB, needsRoot, type Probed, pathTo, startProbing, withLab } from './lab-probing.js';

const STALLS = 8;
const LENGTH_MS = 130;
const THRESHOLD_NS = 50 * MS;
/** A release against the injector's log, in the middle of all: user-space stamps and a busy machine. */
const RELEASE_TOLERANCE_NS = 10 * MS;
const OWN_SHARE = 0.3;
/** Of three paths: of fewer stalls found the test would show nothing. */
const LEAST_FOUND = STALLS;
/** Farther apart, a finding is about something else. */
const SAME_NS = 25 * MS;

const bad = HOST_ADDRESS.bad;

test('portable and connect reconstruct the stalls of a receive queue', {
  ...needsRoot,
  timeout: 120_000,
}, async (t) => {
  await withLab(1, async () => {
    const portable = startProbing(
      'shell',
      [
        pathTo('portable>node/syn', bad, { protocol: 'syn', port: CLOSED_PORT, flows: 4 }),
        pathTo('portable>node/icmp', bad, { protocol: 'icmp' }),
      ],
      {
        thresholdNs: THRESHOLD_NS,
        engine: (netns) => createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns })),
      },
    );
    const connect = startProbing(
      'shell',
      [pathTo('connect>node/syn', bad, { protocol: 'syn', port: CLOSED_PORT, flows: 16 })],
      { thresholdNs: THRESHOLD_NS, engine: (netns) => createConnectEngine(nodeTransport(CONNECT_PROGRAM, { netns })) },
    );
    await Promise.all([portable.started, connect.started]);
    await sleep(1_000);
    const handle = await faultOn(
      'rx-queue',
      {
        lab: { name: LAB },
        queue: 0,
        count: STALLS,
        lengthMs: [LENGTH_MS, LENGTH_MS],
        periodMs: [LENGTH_MS + 350, LENGTH_MS + 650],
        seed: 7,
      },
      () => {},
    );
    const truth = await faultEnd(handle);
    await faultOff('rx-queue', { name: LAB });
    await sleep(1_000);
    const { gapLog } = await labStatus({ name: LAB });
    const gaps = machineGaps(readTruth(gapLog).filter(isGap), truth);
    portable.stop();
    connect.stop();
    const runs = [await portable.ended, await connect.ended];
    let found = 0;
    for (const name of ['portable>node/syn', 'portable>node/icmp', 'connect>node/syn']) {
      const run = runs[name.startsWith('connect') ? 1 : 0] as Probed;
      await t.test(name, (test) => {
        const stalls = onTimeLine(truth, run.epochNs);
        assert.equal(stalls.length, STALLS);
        const monoEpochNs = (truth[0]?.startMonoNs ?? 0) - (stalls[0]?.startNs ?? 0);
        const pauses = gaps.map((gap) => [gap.fromMonoNs - monoEpochNs, gap.toMonoNs - monoEpochNs] as const);
        const machinePaused = (fromNs: number, toNs: number): boolean =>
          pauses.some(([from, to]) => from < toNs + SAME_NS && to > fromNs - SAME_NS);
        const ownPausesNs = (fromNs: number, toNs: number): number =>
          run.pauses.reduce(
            (sum, one) => sum + Math.max(0, Math.min(one.toNs, toNs) - Math.max(one.fromNs, fromNs)),
            0,
          );
        // An engine that did not run for much of a stall has too few probes in it to tell.
        const paused = (fromNs: number, toNs: number): boolean =>
          machinePaused(fromNs, toNs) || ownPausesNs(fromNs, toNs) > OWN_SHARE * (toNs - fromNs);
        const own = run.findings.filter(({ path }) => path === name);
        const errors = stalls.flatMap(({ startNs, releaseNs }) => {
          const near = own.find(({ kind, release }) => kind === 'stall' && Math.abs(release - releaseNs) < SAME_NS);
          if (near) return [Math.abs(near.release - releaseNs)];
          assert.ok(
            paused(startNs, releaseNs),
            `the stall released at ${releaseNs} was not found: ${JSON.stringify(own)}`,
          );
          return [];
        });
        errors.sort((a, b) => a - b);
        t.diagnostic(
          `${name}: ${errors.length} of ${STALLS} found, release off by ${errors.map((ns) => (ns / MS).toFixed(1)).join(' ')} ms`,
        );
        found += errors.length;
        if (errors.length === 0) {
          test.skip('this machine did not let the engine run while there were stalls');
          return;
        }
        const median = errors[Math.floor(errors.length / 2)] ?? Number.POSITIVE_INFINITY;
        assert.ok(median < RELEASE_TOLERANCE_NS, `the median release is off by ${median} ns`);
        const unexplained = own.filter(
          ({ kind, selfInflicted, startMin, release }) =>
            kind === 'stall' &&
            !selfInflicted &&
            !paused(startMin, release) &&
            !stalls.some(({ releaseNs }) => Math.abs(release - releaseNs) < SAME_NS),
        );
        assert.deepEqual(unexplained, [], 'stalls that nobody injected');
      });
    }
    await t.test('enough stalls were found', () => {
      assert.ok(found >= LEAST_FOUND, `${found} of ${3 * STALLS} found, at least ${LEAST_FOUND} wanted`);
    });
  });
});
