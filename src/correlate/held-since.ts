import type { ObservedWait } from '../model/culprit.js';
import { syscallName } from '../model/syscall-names.js';
import type { Hold } from './hold.js';
import { usualSyscall } from './usual-syscall.js';

/** Whoever calls it leaves the CPU, ready as it is. */
const YIELD = 'sched_yield';
const SAMPLE_PERIOD_NS = 1_001_001;
/** Others may have the CPU for so long in between: a watchdog, a timer's thread. */
const INTERRUPTED_NS = 4_000_000;
/** Within a hold the machine itself may pause so long. */
const BRIDGED_GAP_NS = 100_000_000;

/**
 * The system call that the holder was in for most of its time within the wait; -1 none, by the samples of it. Without
 * samples that in which it was looked up; unknown, so -1, where that is the call by which it gave the CPU up itself:
 * user code that sleeps now and then holds nothing in its `nanosleep`.
 */
export function syscallHeld({ wait, samples }: ObservedWait, { occupant }: Hold): number {
  const own = samples.filter(({ thread, isWithin }) => isWithin && thread === occupant.thread);
  if (own.length > 0) return usualSyscall(own);
  if (wait.holder.thread !== occupant.thread || wait.gaveUp) return -1;
  return syscallName(wait.holder.syscall, wait.holder.architecture) === YIELD ? -1 : wait.holder.syscall;
}

/**
 * Since when and until when the holder was at what it was at: packets may have come to wait only later. By the
 * scheduler where it has been on the CPU for one turn; within a system call by the samples, so to a millisecond, and no
 * further back than they reach.
 */
export function heldSpan(observed: ObservedWait, hold: Hold, syscall: number): { fromNs: number; toNs: number } {
  const { wait, samples } = observed;
  const { occupant } = hold;
  const toNs = Math.min(wait.toNs, occupant.toNs);
  if (syscall < 0 && hold.turns === 1) return { fromNs: occupant.fromNs, toNs };
  let since = Math.max(wait.fromNs, occupant.fromNs);
  let next = toNs;
  for (const sample of [...samples].reverse()) {
    if (sample.cpu !== occupant.cpu || sample.timeNs > toNs) continue;
    if (next - sample.timeNs > BRIDGED_GAP_NS) break;
    const same = sample.thread === occupant.thread && sample.syscall === syscall;
    if (!same && next - sample.timeNs > INTERRUPTED_NS) break;
    if (!same) continue;
    next = sample.timeNs;
    since = Math.min(since, sample.timeNs - SAMPLE_PERIOD_NS / 2);
  }
  // Of several turns the scheduler tells those that the wait fell into only.
  const earliest = hold.turns === 1 ? occupant.fromNs : Number.NEGATIVE_INFINITY;
  return { fromNs: Math.round(Math.max(since, earliest)), toNs };
}
