import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeNoise, NOISES } from './noise-streams.js';

/** Half an hour at 100 a second; the bench (npm run bench -- noise) goes further. */
const PROBES = 180_000;

describe('noise alone makes no stall', () => {
  for (const noise of NOISES) {
    it(noise.name, () => {
      const outcome = judgeNoise(noise, PROBES, 11);
      assert.equal(outcome.false, 0, JSON.stringify(outcome));
      // What is held is found all the same: the silence is not that of a detector that never speaks.
      if (noise.releases !== undefined || noise.fifo === true) assert.ok(outcome.true > 10, JSON.stringify(outcome));
      if (noise.pauses !== undefined) assert.ok(outcome.marked > 100, JSON.stringify(outcome));
    });
  }
});
