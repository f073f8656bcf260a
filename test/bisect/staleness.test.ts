import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isStale, mayBeOld } from '../../src/bisect/weigh/staleness.js';

const THEN = { revision: 20, seconds: 100, count: 20 };
/** So many incidents and seconds later, and so much other evidence. */
const later = (incidents: number, seconds: number, evidence = 0) => ({
  revision: THEN.revision + incidents + evidence,
  seconds: THEN.seconds + seconds,
  count: THEN.count + incidents,
});
const isStaleAt = (now: typeof THEN, settled: boolean): boolean => isStale(THEN, now, mayBeOld(THEN, now, settled));

suite('when a run is weighed again', () => {
  test('for a verdict that is not settled a tenth more incidents do, but no two within a second', () => {
    assert.equal(isStaleAt(later(2, 2), false), false);
    assert.equal(isStaleAt(later(3, 2), false), true);
    assert.equal(isStaleAt(later(3, 0.5), false), false);
    assert.equal(isStaleAt(later(20, 0.5), false), true);
  });

  test('for one that is settled it takes twice as many', () => {
    assert.equal(isStaleAt(later(20, 5), true), false);
    assert.equal(isStaleAt(later(21, 5), true), true);
  });

  test('other evidence than incidents may turn what is settled', () => {
    assert.equal(isStaleAt(later(0, 6, 1), true), true);
    assert.equal(isStaleAt(later(3, 2, 1), true), true);
  });

  test('a verdict rests on all that there is', () => {
    assert.equal(isStale(THEN, later(1, 0), 0), true);
    assert.equal(isStale(THEN, later(0, 0), 0), false);
  });
});
