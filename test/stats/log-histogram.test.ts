import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mean, quantile, standardDeviation } from 'simple-statistics';
import { LogHistogram } from '../../src/stats/log-histogram.js';
import { seeded } from '../detect/build-stream.js';

function filled(values: readonly number[], bits = 9): LogHistogram {
  const histogram = new LogHistogram(bits);
  for (const value of values) {
    histogram.record(value);
  }
  return histogram;
}

describe('a log histogram', () => {
  it('is all zero while empty', () => {
    const { count, min, max, mean: average, stddev } = new LogHistogram();
    assert.deepEqual([count, min, max, average, stddev, new LogHistogram().quantile(0.5)], [0, 0, 0, 0, 0, 0]);
  });

  const SINGLE = [0, 1, 511, 512, 1_023, 1_024, 200_000, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 7, 2 ** 40, 2 ** 52];
  for (const value of SINGLE) {
    it(`gives ${value} back`, () => {
      const histogram = filled([value]);
      assert.deepEqual([histogram.min, histogram.max, histogram.mean], [value, value, value]);
      assert.deepEqual(
        [0, 0.5, 1].map((p) => histogram.quantile(p)),
        [value, value, value],
      );
    });
  }

  it('takes negative values for 0', () => {
    assert.equal(filled([-5, 10]).quantile(0.5), 0);
  });

  it('keeps its buckets when values of lower and higher octaves come in', () => {
    const histogram = filled([1_000_000, 10, 5_000_000_000, 1_000_000]);
    assert.deepEqual([histogram.quantile(0.25), histogram.quantile(1)], [10, 5_000_000_000]);
    assert.ok(Math.abs(histogram.quantile(0.5) / 1_000_000 - 1) <= 0.001);
  });

  it('gives quantiles to 0.1 %, mean and deviation exactly', () => {
    const random = seeded(3);
    const values = Array.from({ length: 20_000 }, () => Math.round(100_000 * Math.exp(4 * random())));
    const histogram = filled(values);
    for (const p of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      assert.ok(Math.abs(histogram.quantile(p) / quantile(values, p) - 1) <= 0.0011, `p${p}`);
    }
    assert.ok(Math.abs(histogram.mean / mean(values) - 1) < 1e-12);
    assert.ok(Math.abs(histogram.stddev / standardDeviation(values) - 1) < 1e-9);
  });

  it('keeps the deviation of large values that lie close together', () => {
    assert.equal(filled([1e12, 1e12 + 2, 1e12 + 4]).stddev, Math.sqrt(8 / 3));
  });
});
