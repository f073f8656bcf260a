import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS, type Metric, MOST_SERIES, metricName, RTT_BUCKETS } from '../../src/model/fleet/metrics-table.js';

const all = Object.entries(METRICS) as [keyof typeof METRICS, Metric][];

test('an agent with everything it may have keeps within its series', () => {
  const series = all.reduce(
    (sum, [, { type, series }]) => sum + (type === 'histogram' ? series * (RTT_BUCKETS.length + 3) : series),
    0,
  );
  assert.ok(series <= MOST_SERIES, `${series} of ${MOST_SERIES}`);
});

test('names say unit and type as Prometheus wants them', () => {
  for (const [name, { type, unit }] of all) {
    assert.match(metricName(name), /^rxray_[a-z][a-z_]*$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (unit === 'seconds') assert.match(name, /_seconds(_total)?$/);
    if (unit === 'bytes') assert.match(name, /_bytes$/);
    if (unit === 'timestamp') assert.match(name, /_timestamp_seconds$/);
    if (unit === 'info') assert.match(name, /_info$/);
  }
});

test('a bound of the histogram lies at exactly 100 ms', () => {
  assert.ok((RTT_BUCKETS as readonly number[]).includes(0.1));
  assert.deepEqual(
    [...RTT_BUCKETS],
    [...RTT_BUCKETS].sort((one, other) => one - other),
  );
});
