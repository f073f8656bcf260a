import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atLeast } from '../../src/stats/binomial.js';

describe('the chance of so many successes and more', () => {
  for (const [successes, trials, chance, expected] of [
    [0, 10, 0.3, 1],
    [1, 10, 0, 0],
    [3, 2, 0.9, 0],
    [2, 2, 1, 1],
    [2, 2, 0.5, 0.25],
    [1, 3, 0.5, 0.875],
    // Stalls of one of eight queues: 35 probes in 140 ms, or 70.
    [3, 35, 1 / 8, 0.8306],
    [3, 70, 1 / 8, 0.9947],
  ] as const) {
    test(`${successes} of ${trials} at ${chance.toFixed(3)}: ${expected}`, () => {
      assert.ok(
        Math.abs(atLeast(successes, trials, chance) - expected) < 5e-4,
        `${atLeast(successes, trials, chance)}`,
      );
    });
  }
});
