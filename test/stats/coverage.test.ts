import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  chanceCrossed,
  chanceOfAny,
  chanceSeen,
  chanceSeenOnOneFlow,
  lengthSeenWith,
} from '../../src/stats/coverage.js';

const MS = 1e6;
const LEVELS = { holdNs: MS, stallNs: 20 * MS, slowNs: 100 * MS };
const sweep = (flows: number, intervalNs = 10 * MS, freshPerSecond = 0) => ({ flows, intervalNs, freshPerSecond });
const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 0.005, `${actual}, not ${expected}`);

describe('what a sweep over flows sees', () => {
  it('one address pair crosses one of 8 queues in 12.5 %, 35 ports in 99 %', () => {
    near(chanceCrossed(1, 8), 0.125);
    assert.ok(chanceCrossed(34, 8) < 0.99 && chanceCrossed(35, 8) >= 0.99);
  });

  it('a stall of the whole host of 31 ms at 10 ms for certain, of 19 ms never', () => {
    near(chanceSeen(sweep(16), LEVELS, 1, 31 * MS), 1);
    near(chanceSeen(sweep(16), LEVELS, 1, 19 * MS), 0);
  });

  it('by one flow all or nothing: a stall of one of 8 queues in 12.5 %, however long', () => {
    near(chanceSeen(sweep(1), LEVELS, 8, 10_000 * MS), 0.125);
    assert.equal(
      lengthSeenWith(0.95, (ns) => chanceSeen(sweep(1), LEVELS, 8, ns), 30_000 * MS),
      null,
    );
  });

  it('three of the probes sent meanwhile must cross the queue, or two where one is slow: binomial', () => {
    // 13.9 slots hold for 1 ms and more in 140 ms, 12 for 20 ms, 4 for 100 ms: all on different flows of 40.
    const three = 1 - [0, 1, 2].reduce((sum, k) => sum + binomial(14, k) * (1 / 8) ** k * (7 / 8) ** (14 - k), 0);
    const seen = chanceSeen(sweep(40), LEVELS, 8, 140 * MS);
    assert.ok(seen > three - 0.02 && seen < three + 0.16, `${seen} ${three}`);
  });

  it('a stall that holds one flow must last for three of its turns, or two if slow', () => {
    near(chanceSeenOnOneFlow(sweep(4), LEVELS, 121 * MS), 1);
    near(chanceSeenOnOneFlow(sweep(4), LEVELS, 40 * MS), 0);
    assert.ok(chanceSeenOnOneFlow(sweep(16), LEVELS, 330 * MS) > 0.95);
  });

  it('never falls with the length, nor rises with the queues', () => {
    let before = 0;
    for (let length = 10; length < 2_000; length += 10) {
      const seen = chanceSeen(sweep(40, 10 * MS, 5), LEVELS, 8, length * MS);
      assert.ok(seen >= before - 1e-9, `${length}`);
      assert.ok(seen >= chanceSeen(sweep(40, 10 * MS, 5), LEVELS, 16, length * MS));
      before = seen;
    }
    assert.ok(before > 0.99);
  });

  it('several paths see what one of them sees', () => {
    near(chanceOfAny([0.5, 0.5]), 0.75);
    near(chanceOfAny([]), 0);
  });
});

function binomial(n: number, k: number): number {
  return Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
}
