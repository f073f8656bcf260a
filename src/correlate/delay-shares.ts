import type { Culprit, ObservedWait } from '../model/culprit.js';
import type { Occupant } from '../model/kernel-event.js';
import { syscallName } from '../model/syscall-names.js';
import { silentNs } from './hold.js';
import { softirqName } from './softirq-names.js';
import { usualSyscall } from './usual-syscall.js';

const SHOWN = 5;

/** Where the delay went, by the scheduler's account and the handlers' own times: the largest first. */
export function delayShares(observed: ObservedWait): Culprit['shares'] {
  const { wait, places, occupants } = observed;
  const length = Math.max(1, wait.toNs - wait.fromNs);
  if (wait.waitKind === 'irq-off') return [{ what: 'interrupts off, or the machine paused', ns: length, share: 1 }];
  const spent = new Map<string, number>();
  const add = (what: string, ns: number): void => {
    if (ns > 0) spent.set(what, (spent.get(what) ?? 0) + ns);
  };
  const inHandlers = Math.min(length, wait.handlerNs);
  const silent = Math.min(length - inHandlers, silentNs(observed));
  add(wait.handler < 0 ? 'other softirq handlers' : `${softirqName(wait.handler)} softirq handler`, inHandlers);
  add('nothing recorded: interrupts off, or the machine paused', silent);
  // Whoever had the CPU had it under these two as well.
  const rest = (length - inHandlers - silent) / length;
  for (const occupant of occupants) add(nameOf(occupant, observed), occupant.heldNs * rest);
  const told = occupants.reduce((sum, { heldNs }) => sum + heldNs, 0);
  const recorded = places.reduce((sum, { recordedNs }) => sum + recordedNs, 0);
  add('others', (recorded - told) * rest);
  add('not recorded', (length - Math.max(recorded, told)) * rest);
  return [...spent]
    .map(([what, ns]) => ({ what, ns: Math.round(ns), share: ns / length }))
    .sort((one, other) => other.ns - one.ns)
    .slice(0, SHOWN);
}

function nameOf({ thread, threadName }: Occupant, { wait, samples }: ObservedWait): string {
  if (thread === 0) return 'idle';
  const call = usualSyscall(samples.filter((sample) => sample.isWithin && sample.thread === thread));
  return `${threadName}[${thread}]${call < 0 ? '' : ` in ${syscallName(call, wait.holder.architecture)}()`}`;
}
