import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { MS, SECOND } from '../../src/model/time.js';
import { buildStream } from './build-stream.js';
import { calibrate } from './coverage-trial.js';

/** Runs of each row: three standard errors of a share are below 3.9 % then, two below 2.6 %. */
const RUNS = 1_500;

describe('a clean bill is calibrated: what runs against one stalled queue claim to see is what they see', () => {
  for (const queues of [2, 4, 8, 16]) {
    for (const [flows, lengthMs] of [
      [16, 140],
      [40, 300],
      [1, 140],
    ] as const) {
      it(`a stall of ${lengthMs} ms of one of ${queues} queues, ${flows} flows`, () => {
        const { claimed, seen } = calibrate(queues, flows, lengthMs * MS, RUNS, flows === 1 ? 0 : 5);
        assert.ok(Math.abs(claimed - seen) < 0.03, `claimed ${claimed.toFixed(3)}, seen ${seen.toFixed(3)}`);
      });
    }
  }

  it('claims nothing where nothing, or three probes only, were answered', () => {
    for (const [durationNs, isLost] of [
      [5 * SECOND, () => true],
      [30 * MS, () => false],
    ] as const) {
      const stream = buildStream({ durationNs, isLost });
      const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
      bank.push(stream.samples);
      bank.finish(stream.endNs);
      assert.equal(bank.summaries()[0]?.coverage, null);
    }
  });

  it('says of one address pair that it crosses one of 8 queues in 12.5 %', () => {
    const stream = buildStream({});
    const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
    bank.push(stream.samples);
    bank.finish(stream.endNs);
    const coverage = bank.summaries()[0]?.coverage;
    assert.deepEqual([coverage?.queues, coverage?.queueCrossed, coverage?.queueStallNs], [8, 0.125, null]);
    assert.ok(coverage?.hostStallNs && coverage.hostStallNs < 33 * MS, `${coverage?.hostStallNs}`);
  });
});
