import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketQuantile, bucketStart } from '../../src/stats/latency-buckets.js';

test('buckets begin at 0, 64, 80, 96, 112, 128, 160 … ns', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(bucketStart), [0, 64, 80, 96, 112, 128, 160]);
});

test('a quantile lies in the bucket of its call, and never beyond the longest', () => {
  const buckets = Array<number>(136).fill(0);
  buckets[1] = 90;
  buckets[41] = 10;
  assert.equal(bucketQuantile(buckets, 0.5, 70_000), 72);
  assert.equal(bucketStart(41), 65_536);
  assert.equal(bucketQuantile(buckets, 0.99, 66_000), 66_000);
  assert.equal(bucketQuantile(buckets, 0.99, 80_000), 73_728);
  assert.equal(bucketQuantile([], 0.5, 0), 0);
});
