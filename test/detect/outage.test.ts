import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { outageSchema } from '../../src/model/outage.js';
import { MS, SECOND } from '../../src/model/time.js';
import { batches, buildStream, type StreamOptions } from './build-stream.js';

/** When it was told of each, in milliseconds of the run: `begun since 2000 at 3020`. */
function told(options: StreamOptions): string[] {
  const stream = buildStream({ jitterNs: () => 0, ...options });
  const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
  const outages = [...batches(stream.samples, 1)].flatMap((part) => {
    bank.push(part);
    return bank.outages();
  });
  for (const outage of outages) assert.deepEqual(outageSchema.parse(outage), outage);
  return outages.map(({ state, since, at }) => `${state} since ${since / MS} at ${Math.round(at / MS)}`);
}

describe('an outage', () => {
  it('is told a second after it began, and when it is over', () => {
    assert.deepEqual(told({ durationNs: 12 * SECOND, isLost: (sent) => sent >= 2 * SECOND && sent < 8 * SECOND }), [
      'begun since 2000 at 3020',
      'over since 2000 at 8000',
    ]);
  });

  it('that never ends is told once', () => {
    assert.deepEqual(told({ durationNs: 6 * SECOND, isLost: (sent) => sent >= 2 * SECOND }), [
      'begun since 2000 at 3020',
    ]);
  });

  it('from the first probe on', () => {
    assert.deepEqual(told({ durationNs: 3 * SECOND, isLost: () => true }), ['begun since 0 at 1020']);
  });

  it('is none where some flows answer, or one of two probes', () => {
    assert.deepEqual(told({ durationNs: 6 * SECOND, flows: 4, isLost: (_, flow) => flow !== 2 }), []);
    assert.deepEqual(told({ durationNs: 6 * SECOND, isLost: (sent) => (sent / (10 * MS)) % 2 === 0 }), []);
  });

  it('is over when what a long stall held comes after all', () => {
    const stalls = [{ fromNs: 2 * SECOND, toNs: 5 * SECOND }];
    const found = told({ durationNs: 8 * SECOND, stalls });
    assert.deepEqual(
      found.map((one) => one.split(' ')[0]),
      ['begun', 'over'],
    );
  });
});
