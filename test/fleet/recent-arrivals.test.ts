import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrival, RecentArrivals } from '../../src/detect/fleet/recent-arrivals.js';
import { seeded } from '../detect/build-stream.js';

test('what arrived lately is found by its time, however many there are and whatever has gone', () => {
  const recent = new RecentArrivals();
  const random = seeded(7);
  let kept: Arrival[] = [];
  for (let i = 0; i < 20_000; i += 1) {
    const timeNs = i * 1_000 + random() * 500;
    const one = { flow: i % 2_048, timeNs, lateNs: random() * 1e6 - 1e5, backlogNs: i % 7 };
    recent.push(one);
    kept.push(one);
    if (i % 1_500 !== 0) continue;
    // Now some hundreds stay, now thousands: the ring grows while its oldest lies anywhere.
    const untilNs = timeNs - (1 + (i % 4)) * 1_700_000;
    recent.forget(untilNs);
    kept = kept.filter((arrival) => arrival.timeNs > untilNs);
    const [fromNs, toNs] = [timeNs - 900_000, timeNs - 200_000];
    assert.deepEqual(
      [...recent.between(fromNs, toNs)],
      kept.filter((arrival) => arrival.timeNs >= fromNs && arrival.timeNs <= toNs),
    );
    assert.deepEqual([...recent.between(Number.NEGATIVE_INFINITY, Infinity)], kept);
  }
  recent.clear();
  assert.deepEqual([...recent.between(Number.NEGATIVE_INFINITY, Infinity)], []);
});
