import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fitLine, fitOfConstantSum } from '../../src/stats/line-fit.js';
import { repeatingGap } from '../../src/stats/repeating-gap.js';

describe('a line fit', () => {
  it('has the slope and a fit of 1 for points on a line, at instants of days', () => {
    const x = [0, 1, 2, 3].map((i) => 8.64e15 + i * 1e7);
    const { slope, fit } = fitLine(x, [140e6, 130e6, 120e6, 110e6]);
    assert.deepEqual([slope, fit], [-1, 1]);
  });

  it('has a low fit for points that lie about', () => {
    assert.ok(fitLine([0, 1, 2, 3, 4, 5], [1, 9, 2, 8, 3, 7]).fit < 0.2);
  });

  it('is 0 for fewer than two distinct x', () => {
    assert.deepEqual(fitLine([1], [1]), { slope: 0, fit: 0 });
    assert.deepEqual(fitLine([1, 1], [1, 2]), { slope: 0, fit: 0 });
  });
});

describe('the fit of a constant sum', () => {
  it('is near 1 for the decay of 2019 and 0 for RTTs that do not change', () => {
    assert.ok(fitOfConstantSum([0, 10, 20, 30], [140.9, 130.9, 120.8, 110.8]) > 0.9999);
    assert.equal(fitOfConstantSum([0, 10, 20, 30], [5, 5, 5, 5]), 0);
    assert.equal(fitOfConstantSum([0, 10, 20, 30], [100, 110, 120, 130]), 0);
  });
});

describe('the repeating gap', () => {
  const TABLE: readonly [title: string, times: readonly number[], gap: number | null][] = [
    ['a grid', [0, 10, 20, 30], 10],
    ['a grid with a gap', [0, 10, 20, 40, 50], 10],
    ['three events', [0, 10, 20], null],
    ['growing distances', [0, 1, 3, 6, 10, 15, 21], null],
    ['the same instant', [5, 5, 5, 5, 5], null],
  ];
  for (const [title, times, gap] of TABLE) {
    it(`of ${title}: ${gap}`, () => {
      const found = repeatingGap(times);
      assert.equal(found === null ? null : Math.round(found * 1e6) / 1e6, gap);
    });
  }
});
