import type { SyscallTotals } from '../../model/syscall-event.js';
import { bucketStart } from '../../stats/latency-buckets.js';

/** What rows of a table are made of. */
export type SyscallsBy = 'process-call' | 'process' | 'comm' | 'call';

/** Totals as they came last, and what they were an interval ago. */
export class SyscallsTotals {
  readonly #now = new Map<string, SyscallTotals>();
  #before = new Map<string, SyscallTotals>();

  take(totals: SyscallTotals): void {
    this.#now.set(`${totals.process}/${totals.architecture}/${totals.number}`, totals);
  }

  all(by: SyscallsBy): SyscallTotals[] {
    return grouped([...this.#now.values()], by);
  }

  /** What was added since the last call of this. */
  added(by: SyscallsBy): SyscallTotals[] {
    const rows = [...this.#now].flatMap(([key, now]) => {
      const before = this.#before.get(key);
      // Fewer than before: the number of the process has been taken by another.
      if (before === undefined || now.count < before.count || now.processName !== before.processName) return [now];
      return now.count === before.count ? [] : [minus(now, before)];
    });
    this.#before = new Map(this.#now);
    return grouped(rows, by);
  }
}

function minus(now: SyscallTotals, before: SyscallTotals): SyscallTotals {
  const buckets = now.buckets.map((calls, index) => calls - (before.buckets[index] ?? 0));
  return {
    ...now,
    count: now.count - before.count,
    errors: now.errors - before.errors,
    totalNs: now.totalNs - before.totalNs,
    longestNs: longestOf(buckets, now, before),
    buckets,
  };
}

/**
 * The longest call of an interval: exact where it is the longest of the run so far, else the end of the highest bucket
 * that something was added to.
 */
function longestOf(buckets: readonly number[], now: SyscallTotals, before: SyscallTotals): number {
  if (now.longestNs > before.longestNs) return now.longestNs;
  const highest = buckets.findLastIndex((calls) => calls > 0);
  return highest < 0 ? 0 : Math.min(now.longestNs, bucketStart(highest + 1));
}

function grouped(rows: readonly SyscallTotals[], by: SyscallsBy): SyscallTotals[] {
  if (by === 'process-call') return [...rows];
  const groups = new Map<string, SyscallTotals>();
  for (const row of rows) {
    const key = { process: String(row.process), comm: row.processName, call: `${row.architecture}/${row.number}` }[by];
    const group = groups.get(key);
    groups.set(key, group === undefined ? blanked(row, by) : plus(group, row));
  }
  return [...groups.values()];
}

/** Of what rows are not made of nothing is shown: number -1 is any call, process 0 any. */
function blanked(row: SyscallTotals, by: SyscallsBy): SyscallTotals {
  if (by === 'call') return { ...row, process: 0, processName: '', cgroup1: 0, cgroup2: 0 };
  return { ...row, number: -1, ...(by === 'comm' ? { process: 0, cgroup1: 0, cgroup2: 0 } : {}) };
}

function plus(sum: SyscallTotals, more: SyscallTotals): SyscallTotals {
  return {
    ...sum,
    count: sum.count + more.count,
    errors: sum.errors + more.errors,
    totalNs: sum.totalNs + more.totalNs,
    longestNs: Math.max(sum.longestNs, more.longestNs),
    buckets: sum.buckets.map((calls, index) => calls + (more.buckets[index] ?? 0)),
  };
}
