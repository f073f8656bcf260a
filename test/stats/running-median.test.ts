import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunningMedian } from '../../src/stats/running-median.js';

function after(values: Iterable<number>): RunningMedian {
  const median = new RunningMedian();
  for (const value of values) {
    median.push(value);
  }
  return median;
}

const times = (n: number, value: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => value(i));

describe('the running median', () => {
  it('is not ready before 16 values', () => {
    assert.equal(after(times(15, () => 5)).ready, false);
    assert.deepEqual([after(times(16, () => 5)).ready, after(times(16, () => 5)).median], [true, 5]);
  });

  it('is that of the values, and the tail reaches to their 95th percentile', () => {
    const median = after(times(6_400, (i) => (i * 37) % 100));
    assert.ok(Math.abs(median.median - 49.5) < 3, `${median.median}`);
    assert.ok(Math.abs(median.tail - 45) < 5, `${median.tail}`);
  });

  it('does not move while fewer than half of the last thousand values are raised', () => {
    assert.equal(after([...times(960, () => 10), ...times(440, () => 1_000)]).median, 10);
  });

  it('follows a level that lasts', () => {
    assert.equal(after([...times(960, () => 10), ...times(700, () => 1_000)]).median, 1_000);
  });

  it('forgets on reset', () => {
    const median = after(times(960, () => 10));
    median.reset();
    assert.equal(median.ready, false);
    for (const value of times(16, () => 1_000)) {
      median.push(value);
    }
    assert.equal(median.median, 1_000);
  });
});
