import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyscallTotals } from '../../src/model/syscall-event.js';
import { SyscallsTotals } from '../../src/report/trace/syscalls-totals.js';
import { bucketStart } from '../../src/stats/latency-buckets.js';

/** @param calls how many calls fell into which bucket */
function totals(calls: Readonly<Record<number, number>>, longestNs: number, processName = 'dd'): SyscallTotals {
  const buckets = Array.from({ length: 100 }, (_, index) => calls[index] ?? 0);
  const count = buckets.reduce((sum, one) => sum + one, 0);
  return {
    ...{ timeNs: 0, process: 7, processName, number: 0, architecture: 62, count, errors: 0, totalNs: count },
    ...{ longestNs, cgroup1: 0, cgroup2: 0, buckets },
  };
}

const rows: readonly (readonly [title: string, before: SyscallTotals, now: SyscallTotals, expected: string])[] = [
  [
    'the longest call of the run came in this interval: told exactly',
    totals({ 10: 5 }, 500),
    totals({ 10: 5, 40: 1 }, 70_001),
    '1 70001',
  ],
  [
    'it came in an earlier one: the longest now, by the buckets',
    totals({ 10: 5, 40: 1 }, 70_001),
    totals({ 10: 5, 12: 3, 40: 1 }, 70_001),
    `3 ${bucketStart(13)}`,
  ],
  ['another process took the number, with fewer calls', totals({ 10: 50 }, 900), totals({ 11: 2 }, 700), '2 700'],
  [
    'another process took the number, with more calls',
    totals({ 10: 5 }, 900),
    totals({ 11: 20 }, 700, 'cat'),
    '20 700',
  ],
];

for (const [title, before, now, expected] of rows) {
  test(`--top: ${title}: ${expected}`, () => {
    const table = new SyscallsTotals();
    table.take(before);
    table.added('process-call');
    table.take(now);
    const [row] = table.added('process-call');
    assert.equal(`${row?.count} ${row?.longestNs}`, expected);
  });
}

test('--top: what was not called since is not shown', () => {
  const table = new SyscallsTotals();
  table.take(totals({ 10: 5 }, 500));
  table.added('process-call');
  assert.deepEqual(table.added('process-call'), []);
});
