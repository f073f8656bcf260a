import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MINUTE, MS, SECOND } from '../../src/model/time.js';
import { spikesAgree } from '../../src/survey/agreement.js';

const WINDOW_NS = 10 * MINUTE;
const RELEASES = Array.from({ length: 9 }, (_, i) => (30 + 60 * i) * SECOND);
const spikes = (...atNs: readonly number[]) =>
  atNs.map((releaseNs, i) => ({ from: `p${i % 7}`, to: 'bad', releaseNs }));
const elsewhere = (count: number): number[] => Array.from({ length: count }, (_, i) => (5 + i * 7.3) * SECOND);

describe('single slow probes of others agree with the stalls of a node', () => {
  for (const [what, agree, seen] of [
    ['where there is none', false, spikes()],
    ['where the only one came back with one of them', true, spikes(90 * SECOND)],
    ['by a clock that is 100 ms ahead of theirs', true, spikes(90 * SECOND + 100 * MS)],
    ['by one that is 300 ms ahead', false, spikes(90 * SECOND + 300 * MS)],
    ['where the only one came at another time', false, spikes(70 * SECOND)],
    ['where one of eight did: that may be chance', false, spikes(90 * SECOND, ...elsewhere(7))],
    ['where two of eight did', true, spikes(90 * SECOND, 210 * SECOND, ...elsewhere(6))],
    [
      'where many came at one instant, and others elsewhere',
      false,
      spikes(...Array(9).fill(90 * SECOND), ...elsewhere(20)),
    ],
    ['where two of sixty did: that may be chance', false, spikes(90 * SECOND, 210 * SECOND, ...elsewhere(58))],
  ] as const) {
    test(`${what}: ${agree ? 'yes' : 'no'}`, () => assert.equal(spikesAgree(seen, RELEASES, WINDOW_NS), agree));
  }
});
