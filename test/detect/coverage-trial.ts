import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { chanceSeen } from '../../src/stats/coverage.js';
import { buildStream, seeded } from './build-stream.js';

/** Runs against one stalled queue: what they claimed to see of it, and what they saw. */
export interface Calibration {
  readonly queues: number;
  readonly flows: number;
  readonly lengthNs: number;
  readonly runs: number;
  readonly claimed: number;
  readonly seen: number;
}

/** Each run has new ports on the queues, its own phase, one stall of one queue. */
export function calibrate(
  queues: number,
  flows: number,
  lengthNs: number,
  runs: number,
  freshPerSecond = 5,
): Calibration {
  let [claimed, seen] = [0, 0];
  for (let run = 1; run <= runs; run += 1) {
    const random = seeded(run * 7_919 + queues * 101 + flows);
    const queueOfFlow = Array.from({ length: flows }, () => Math.floor(random() * queues));
    const queue = Math.floor(random() * queues);
    const fromNs = Math.round(5 * SECOND + random() * SECOND);
    const stream = buildStream({
      seed: run,
      flows,
      queues,
      queueOf: (flow) => queueOfFlow[flow] as number,
      freshPerSecond,
      durationNs: fromNs + lengthNs + SECOND,
      jitterNs: (r) => 40 * US * r(),
      stalls: [{ fromNs, toNs: fromNs + lengthNs, queue }],
    });
    const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND, queues });
    const findings = [...bank.push(stream.samples), ...bank.finish(stream.endNs)];
    const coverage = bank.summaries()[0]?.coverage;
    if (findings.some(({ kind }) => kind === 'stall')) seen += 1;
    claimed +=
      coverage === null || coverage === undefined ? 0 : chanceSeen(coverage.sweep, coverage.levels, queues, lengthNs);
  }
  return { queues, flows, lengthNs, runs, claimed: claimed / runs, seen: seen / runs };
}
