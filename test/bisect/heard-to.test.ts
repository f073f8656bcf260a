import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedTo } from '../../src/bisect/evidence/heard-to.js';

const S = 1_000_000_000;

const rows: readonly (readonly [title: string, nowS: number, heardS: readonly number[], closedS: number])[] = [
  ['all vantages are heard at once', 100, [100, 100], 97],
  ['one is behind: incidents wait for it', 100, [100, 88], 85],
  ['one is too far behind: it is not waited for', 100, [100, 10], 37],
  ['none runs any more', 100, [], 97],
  ['clocks differ a little: the clock of the run counts', 100, [101, 100], 97],
];

for (const [title, nowS, heardS, closedS] of rows) {
  test(`${title}: closed up to ${closedS} s`, () => {
    assert.equal(
      closedTo(
        nowS * S,
        heardS.map((seconds) => seconds * S),
      ),
      closedS * S,
    );
  });
}
