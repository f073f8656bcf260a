import type { NamedSample, ObservedWait } from '../model/culprit.js';
import type { Holder } from '../model/kernel-event.js';

/** Samples come every millisecond; a CPU without any for longer did not run, or ran with interrupts off. */
export const SAMPLE_GAP_NS = 5_000_000;
const SAMPLE_PERIOD_NS = 1_001_001;
/** Within a hold the machine itself may pause so long. */
const BRIDGED_GAP_NS = 100_000_000;
/** A holder known to have had the CPU for less of the wait is not the one to blame, when samples name another. */
const MAIN_SHARE = 0.5;

/** Who held the CPU longest of the wait, by its own account or by the samples. */
export interface MainHolder {
  readonly holder: Holder;
  readonly stack: readonly string[];
  /** Until when it held the CPU: the end of the wait, or what came after it was too short to matter. */
  readonly untilNs: number;
}

export function mainHolder({ wait, holderStack, samples }: ObservedWait): MainHolder {
  const length = wait.toNs - wait.fromNs;
  const within = samples.filter(({ isWithin }) => isWithin);
  const counts = new Map<string, NamedSample[]>();
  for (const sample of within) {
    const key = `${sample.thread}/${sample.syscall}`;
    counts.set(key, [...(counts.get(key) ?? []), sample]);
  }
  const [most] = [...counts.values()].sort((one, other) => other.length - one.length);
  const first = most?.[0];
  const told = wait.holder;
  const own = most !== undefined && first?.thread === told.thread && first.syscall === told.syscall;
  const unsure = holderStack.length === 0 && told.thread === 0 && told.context === 'idle';
  const brief = wait.waitKind === 'thread' && wait.heldNs >= 0 && wait.heldNs < MAIN_SHARE * length;
  if (most === undefined || first === undefined || own || !(unsure || brief)) {
    return { holder: told, stack: holderStack, untilNs: wait.toNs };
  }
  if (most.length < MAIN_SHARE * within.length) return { holder: told, stack: holderStack, untilNs: wait.toNs };
  const holder: Holder = {
    ...told,
    context: first.thread === 0 ? 'idle' : first.syscall >= 0 ? 'syscall' : 'user',
    thread: first.thread,
    process: first.process,
    threadName: first.threadName,
    processName: first.process === told.process ? told.processName : '',
    syscall: first.syscall,
    ...(first.process === told.process ? {} : { file: '', fileSystem: '', cgroup: '' }),
  };
  const untilNs = brief ? wait.toNs - wait.heldNs : wait.toNs;
  return { holder, stack: first.stack, untilNs };
}

/**
 * Since when the holder was at what it was at: packets may have come to wait only later. By the samples, so to a
 * millisecond, and no further back than they reach.
 */
export function heldSince({ wait, samples }: ObservedWait, { holder, untilNs }: MainHolder): number {
  let since = wait.fromNs;
  let next = untilNs;
  for (const sample of [...samples].reverse()) {
    if (sample.timeNs > untilNs) continue;
    const same = sample.thread === holder.thread && sample.syscall === holder.syscall;
    if (!same || next - sample.timeNs > BRIDGED_GAP_NS) break;
    next = sample.timeNs;
    since = Math.min(since, sample.timeNs - SAMPLE_PERIOD_NS / 2);
  }
  const onCpu =
    wait.waitKind === 'thread' && wait.heldNs > 0 && untilNs === wait.toNs
      ? wait.toNs - wait.heldNs
      : Number.NEGATIVE_INFINITY;
  return Math.round(Math.max(since, onCpu));
}
