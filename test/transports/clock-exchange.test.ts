import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchangeClock } from '../../src/transports/clock-exchange.js';

const MS = 1_000_000;

/** A far `date +%s%N` that is ahead by so much, and answers after the given times out and back. */
function farDate(aheadMs: number, outMs: () => number, backMs: () => number, format = (ms: number) => `${ms}000000`) {
  return async () => {
    await sleep(outMs());
    const shown = format(Date.now() + aheadMs);
    await sleep(backMs());
    return shown;
  };
}

function assertWithin(offset: { offsetNs: number; uncertaintyNs: number } | undefined, trueMs: number, sureMs: number) {
  assert.ok(offset !== undefined);
  const { offsetNs, uncertaintyNs } = offset;
  // The stand-in shows whole milliseconds.
  assert.ok(Math.abs(offsetNs - trueMs * MS) <= uncertaintyNs + MS, `${offsetNs} ± ${uncertaintyNs}, not ${trueMs} ms`);
  assert.ok(uncertaintyNs <= sureMs * MS, `± ${uncertaintyNs} ns`);
}

suite('the clocks of two machines', () => {
  for (const aheadMs of [0, 1_234, -3_600_000]) {
    test(`a far clock ahead by ${aheadMs} ms`, async () => {
      assertWithin(
        await exchangeClock(
          farDate(
            aheadMs,
            () => 2,
            () => 2,
          ),
        ),
        aheadMs,
        20,
      );
    });
  }

  test('the fastest of several rounds counts, also where the ways differ', async () => {
    let round = 0;
    const out = () => (round++ % 4 === 2 ? 1 : 40);
    assertWithin(await exchangeClock(farDate(500, out, () => 1)), 500, 20);
  });

  test('where date shows seconds only, a change of the second is waited for', async () => {
    const seconds = (ms: number) => `${Math.floor(ms / 1_000)}%N`;
    assertWithin(
      await exchangeClock(
        farDate(
          250,
          () => 2,
          () => 2,
          seconds,
        ),
      ),
      250,
      40,
    );
  });

  test('without an answer there is no offset; an answer that is no time is told', async () => {
    assert.equal(await exchangeClock(async () => undefined), undefined);
    await assert.rejects(
      exchangeClock(async () => 'date: not found'),
      { code: 'E_CLOCK' },
    );
  });
});
