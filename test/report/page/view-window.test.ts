import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clockText, decimalsOf, lengthText } from '../../../src/report/page/clock-axis.js';
import { around, moved, within, zoomed } from '../../../src/report/page/view-window.js';

const whole = { fromNs: 0, toNs: 1_000_000_000 };

describe('the window of the plots', () => {
  test('zooms around its middle and stays within the run', () => {
    assert.deepEqual(zoomed({ fromNs: 400e6, toNs: 600e6 }, 0.5, whole), { fromNs: 450e6, toNs: 550e6 });
    assert.deepEqual(zoomed({ fromNs: 0, toNs: 600e6 }, 2, whole), whole);
    assert.deepEqual(moved({ fromNs: 800e6, toNs: 1000e6 }, 0.25, whole), { fromNs: 800e6, toNs: 1000e6 });
    assert.deepEqual(moved({ fromNs: 200e6, toNs: 400e6 }, -0.25, whole), { fromNs: 150e6, toNs: 350e6 });
  });

  test('never becomes shorter than a tenth of a millisecond', () => {
    const { fromNs, toNs } = within({ fromNs: 500e6, toNs: 500e6 }, whole);
    assert.equal(toNs - fromNs, 100_000);
  });

  test('around a stall there is room to see what came before', () => {
    assert.deepEqual(around(400e6, 500e6, whole), { fromNs: 280e6, toNs: 580e6 });
  });
});

describe('the time axis', () => {
  test('shows wall-clock time with as many decimals as the ticks need', () => {
    assert.equal(clockText(14 * 3600 + 3 * 60 + 27.104, 3), '14:03:27.104');
    assert.equal(clockText(59.9996, 3), '00:01:00.000');
    assert.equal(clockText(86_400 + 61, 0), '00:01:01');
    assert.deepEqual([10, 1, 0.5, 0.05, 0.002].map(decimalsOf), [0, 0, 1, 2, 3]);
  });

  test('lengths stand in the unit that suits them', () => {
    assert.deepEqual([8.3e5, 127.1e6, 2.42e9, 3e11, 9e12].map(lengthText), [
      '830 µs',
      '127 ms',
      '2.42 s',
      '5 min',
      '2.5 h',
    ]);
  });
});
