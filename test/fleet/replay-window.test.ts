import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReplayWindow } from '../../src/fleet/inbound/replay-window.js';

describe('slots of a grid', () => {
  for (const [is, slots, taken] of [
    ['come in order', [0, 1, 2, 3], [true, true, true, true]],
    ['come again', [0, 1, 1, 0, 2], [true, true, false, false, true]],
    ['come late, once each', [5, 3, 4, 3, 5], [true, true, true, false, false]],
    ['begin late', [1_000_000, 999_999, 1_000_000 - 4_096, 1_000_000 - 4_095], [true, true, false, true]],
    ['are far ahead, and those before them are new', [0, 10_000, 0, 9_000, 9_000], [true, true, false, true, false]],
    ['of a place that was another slot’s before', [3, 4_099, 4_098, 8_195, 4_100], [true, true, true, true, true]],
    ['are more than fit into 32 bits', [2 ** 40 + 7, 2 ** 40 + 7, 2 ** 40 + 6], [true, false, true]],
  ] as const) {
    test(is, () => {
      const window = new ReplayWindow();
      assert.deepEqual(
        slots.map((slot) => window.take(slot)),
        taken,
      );
    });
  }

  test('say as a set of all of them would', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let [newest, random] = [-1, 1];
    for (let i = 0; i < 50_000; i += 1) {
      random = (random * 48_271) % 2_147_483_647;
      const slot = Math.max(0, i + (random % 6_000) - 5_000);
      const isNew = slot > newest - 4_096 && !seen.has(slot);
      assert.equal(window.take(slot), isNew, `${i}: ${slot}`);
      if (isNew) seen.add(slot);
      newest = Math.max(newest, slot);
    }
  });
});
