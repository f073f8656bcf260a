import type { ObservedWait } from '../model/culprit.js';
import type { Occupant, WaitPlace } from '../model/kernel-event.js';

/** Of a wait, one must have had the CPU for so much to be the reason of it. */
export const MAIN_SHARE = 0.5;
/** Samples come every millisecond; a CPU without any for longer did not run, or ran with interrupts off. */
export const SAMPLE_GAP_NS = 5_000_000;

/** One who had the CPUs that a wait was queued on, while it was. */
export interface Hold {
  /** Of its threads, the one that had them longest. */
  readonly occupant: Occupant;
  /** All of its threads and turns added up, on all CPUs that the wait was queued on. */
  readonly heldNs: number;
  readonly turns: number;
}

/**
 * Who held a wait up, by the scheduler's own account.
 *
 * What counts is who had the CPU where the packets, or the thread that was to receive them, were queued at each moment:
 * a thread that is woken on one CPU and moved to another was kept waiting first by what ran on the one, then by what
 * ran on the other, and never by what happened to run where it got its turn. The threads of a process count together, as
 * do several turns and several CPUs. The thread that waits is its victim, and an idle CPU is nobody.
 *
 * @returns those who had the CPU at all, the longest first
 */
export function holdsOf({ wait, occupants }: ObservedWait): Hold[] {
  // A softirq that waited may at last have run on top of the very one who held it off.
  const isVictim = wait.waitKind === 'thread' || wait.server.name.startsWith('ksoftirqd/');
  const victim = isVictim ? wait.server.thread : 0;
  const groups = new Map<string, Hold>();
  for (const occupant of occupants) {
    if (occupant.thread === 0 || occupant.thread === victim) continue;
    const key = occupant.isKernelThread ? `thread ${occupant.thread}` : `process ${occupant.process}`;
    const group = groups.get(key);
    groups.set(key, {
      occupant: group === undefined || occupant.heldNs > group.occupant.heldNs ? occupant : group.occupant,
      heldNs: (group?.heldNs ?? 0) + occupant.heldNs,
      turns: (group?.turns ?? 0) + occupant.turns,
    });
  }
  return [...groups.values()].sort((one, other) => other.heldNs - one.heldNs);
}

/**
 * The one who had the CPU for at least half of a wait; null where nobody had. Time in which the CPU did nothing at all,
 * not even its timers, is taken off: what had it then may have been stopped itself.
 */
export function mainHold(observed: ObservedWait): Hold | null {
  const { wait } = observed;
  const [longest] = holdsOf(observed);
  const idle = observed.occupants.reduce((sum, { thread, heldNs }) => sum + (thread === 0 ? heldNs : 0), 0);
  if (longest === undefined || idle > longest.heldNs) return null;
  // Late timers are what waits of this kind consist of.
  const silent = wait.waitKind === 'irq-off' ? 0 : silentNs(observed);
  return longest.heldNs - silent >= MAIN_SHARE * (wait.toNs - wait.fromNs) ? longest : null;
}

/**
 * Whether sampling had stopped before the wait began. The kernel ends it on a CPU that has taken hundreds of samples
 * without a tick of the scheduler, as an idle one has none, until the next tick comes (perf_event throttling). Silence
 * that was there before says nothing of the wait; timers that are late do.
 */
function sleptBefore({ fromNs, sampledFromNs }: WaitPlace, own: readonly { readonly timeNs: number }[]): boolean {
  if (sampledFromNs >= fromNs - SAMPLE_GAP_NS) return false;
  return !own.some(({ timeNs }) => timeNs < fromNs && timeNs >= fromNs - SAMPLE_GAP_NS);
}

/**
 * Of a wait, time for which the CPUs it was queued on gave no sign of life: timers came late, or the flight recorder
 * has a gap. Interrupts were off, or the machine itself was paused.
 */
export function silentNs({ wait, places, samples }: ObservedWait): number {
  let silent = 0;
  for (const place of places) {
    // What was overwritten before it was read, or never sampled, is not silence.
    let from = Math.max(place.fromNs, place.sampledFromNs);
    const own = samples.filter(({ cpu, timeNs }) => cpu === place.cpu && timeNs <= place.toNs);
    const times = [...own.filter(({ timeNs }) => timeNs >= from).map(({ timeNs }) => timeNs), place.toNs];
    if (sleptBefore(place, own)) from = times[0] ?? place.toNs;
    for (const timeNs of times) {
      silent += Math.max(0, timeNs - from - SAMPLE_GAP_NS);
      from = timeNs;
    }
  }
  return Math.max(wait.lateNs, silent);
}
