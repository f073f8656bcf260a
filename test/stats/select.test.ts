import assert from 'node:assert/strict';
import { test } from 'node:test';
import { select } from '../../src/stats/select.js';

test('the value at a place is that of the sorted values, whatever their order', () => {
  let random = 1;
  const next = (): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random;
  };
  const kinds: Record<string, (i: number) => number> = {
    random: () => next() / 7,
    rising: (i) => i,
    falling: (i) => -i,
    equal: () => 5,
    'few values': () => next() % 3,
    'one apart': (i) => (i === 17 ? 1e12 : 200_000),
  };
  for (const [kind, value] of Object.entries(kinds)) {
    for (let length = 1; length <= 64; length += 1) {
      const values = Float64Array.from({ length }, (_, i) => value(i));
      const sorted = values.slice().sort();
      for (let k = 0; k < length; k += 1) {
        const taken = values.slice();
        assert.equal(select(taken, k, 0, length - 1), sorted[k], `${kind}, place ${k} of ${length}`);
        assert.deepEqual(taken.slice(0, k).sort(), sorted.slice(0, k), `${kind}: what stands before place ${k}`);
      }
    }
  }
});

test('what lies outside of the range stays as it is', () => {
  const values = Float64Array.of(9, 3, 2, 1, 0);
  assert.equal(select(values, 2, 1, 3), 2);
  assert.deepEqual([values[0], values[4]], [9, 0]);
});
