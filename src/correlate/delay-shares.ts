import type { Culprit, ObservedWait } from '../model/culprit.js';
import { syscallName } from '../model/syscall-names.js';
import { SAMPLE_GAP_NS } from './holder.js';
import { softirqName } from './softirq-names.js';

const SHOWN = 5;

/** Where the delay went, by samples and by the handlers' own times: the largest first. */
export function delayShares(observed: ObservedWait): Culprit['shares'] {
  const { wait, samples } = observed;
  const length = Math.max(1, wait.toNs - wait.fromNs);
  const spent = new Map<string, number>();
  const add = (what: string, ns: number): void => {
    if (ns > 0) spent.set(what, (spent.get(what) ?? 0) + ns);
  };
  if (wait.waitKind === 'irq-off') return [{ what: 'interrupts off, or the machine paused', ns: length, share: 1 }];
  const inHandlers = Math.min(length, wait.handlerNs);
  add(wait.handler < 0 ? 'other softirq handlers' : `${softirqName(wait.handler)} softirq handler`, inHandlers);
  const rest = (length - inHandlers) / length;
  let from = wait.fromNs;
  const within = samples.filter(({ isWithin }) => isWithin);
  for (const [index, sample] of within.entries()) {
    const to = index === within.length - 1 ? wait.toNs : sample.timeNs;
    const silent = Math.max(0, sample.timeNs - from - SAMPLE_GAP_NS);
    add('nothing recorded: interrupts off, or the machine paused', silent * rest);
    add(nameOf(sample, wait.holder.architecture), (to - from - silent) * rest);
    from = to;
  }
  if (within.length === 0) add('not recorded', length * rest);
  return [...spent]
    .map(([what, ns]) => ({ what, ns: Math.round(ns), share: ns / length }))
    .sort((one, other) => other.ns - one.ns)
    .slice(0, SHOWN);
}

function nameOf(sample: ObservedWait['samples'][number], architecture: number): string {
  if (sample.thread === 0) return 'idle';
  const call = sample.syscall < 0 ? '' : ` in ${syscallName(sample.syscall, architecture)}()`;
  return `${sample.threadName}[${sample.thread}]${call}`;
}
