import type { Culprit, ObservedWait, StallClass } from '../model/culprit.js';
import { syscallName } from '../model/syscall-names.js';
import { containerOf } from './container.js';
import { delayShares } from './delay-shares.js';
import { fixFor } from './fixes.js';
import { heldSince, type MainHolder, mainHolder } from './holder.js';
import { softirqName } from './softirq-names.js';

/** Of a wait, so much must be explained by something for it to be called the reason. */
const MAIN_SHARE = 0.5;

interface Reason {
  readonly class: StallClass;
  readonly because: string;
}

/** Says which class a wait is of, and who is to blame for it. */
export function judgeWait(observed: ObservedWait): Culprit {
  const { wait } = observed;
  const main = mainHolder(observed);
  const reason = reasonOf(observed, main);
  const { holder } = main;
  const accused = !['steal', 'softirq-handler'].includes(reason.class) && holder.context !== 'idle';
  const heldStart = heldSinceFor(observed, main, reason.class);
  const syscall =
    accused && holder.syscall >= 0
      ? {
          name: syscallName(holder.syscall, holder.architecture),
          number: holder.syscall,
          ...(holder.file === '' ? {} : { file: holder.file, fileSystem: holder.fileSystem }),
        }
      : null;
  const cgroup = accused && holder.cgroup !== '' ? holder.cgroup : null;
  const handler = wait.handler >= 0 && wait.handlerNs > 0 ? softirqName(wait.handler) : null;
  return {
    type: 'culprit',
    class: reason.class,
    cpu: wait.cpu,
    start: wait.fromNs,
    release: wait.toNs,
    waitNs: wait.toNs - wait.fromNs,
    heldStart,
    lengthNs: main.untilNs - heldStart,
    process: accused
      ? {
          name: holder.processName === '' ? holder.threadName : holder.processName,
          pid: holder.process,
          thread: holder.thread,
          threadName: holder.threadName,
        }
      : null,
    syscall,
    handler,
    cgroup,
    ...containerOf(cgroup ?? ''),
    servedBy: wait.server.thread === 0 ? 'idle' : `${wait.server.name}[${wait.server.thread}]`,
    netns: wait.netns,
    interface: wait.interface,
    stack: [...main.stack],
    shares: delayShares(observed),
    stealNs: wait.stealNs,
    because: reason.because,
    fix: fixFor(reason.class, accused ? holder : undefined, syscall?.file, handler),
  };
}

function heldSinceFor(observed: ObservedWait, main: MainHolder, kind: StallClass): number {
  const { wait } = observed;
  if (kind === 'softirq-handler' && wait.heldNs > 0) return wait.toNs - wait.heldNs;
  if (kind === 'bh-off-in-syscall' || kind === 'kthread-starved') return heldSince(observed, main);
  return wait.fromNs;
}

function reasonOf({ wait }: ObservedWait, { holder, stack }: MainHolder): Reason {
  const length = wait.toNs - wait.fromNs;
  const silent = wait.lateNs >= MAIN_SHARE * length;
  if (wait.stealNs >= MAIN_SHARE * length) {
    return { class: 'steal', because: 'the hypervisor took the CPU meanwhile, by its own account' };
  }
  if (wait.waitKind === 'polls') {
    return wait.backlog
      ? { class: 'rps-backlog', because: 'poll after poll found the backlog of this CPU full' }
      : { class: 'budget', because: 'poll after poll used its whole budget up' };
  }
  if (wait.waitKind === 'irq-off') return irqOffReason(holder.context, stack);
  if (silent) {
    return {
      class: 'steal',
      because: 'not even timers ran on this CPU meanwhile: the machine paused',
    };
  }
  if (wait.handlerNs >= MAIN_SHARE * length) {
    return { class: 'softirq-handler', because: `the handler of softirq ${softirqName(wait.handler)} ran meanwhile` };
  }
  if (holder.context === 'idle') {
    return { class: 'steal', because: 'the CPU was idle: it was not woken, or the machine paused' };
  }
  if (wait.waitKind === 'thread') {
    return { class: 'kthread-starved', because: `${wait.server.name} was ready and did not get the CPU` };
  }
  if (wait.raisedWithin) {
    return { class: 'budget', because: 'the receive softirq had used its budget up and raised itself again' };
  }
  if (wait.server.name.startsWith('ksoftirqd/')) {
    return {
      class: 'kthread-starved',
      because: `softirqs were left to ${wait.server.name}, which did not get the CPU`,
    };
  }
  if (holder.context === 'user') {
    return {
      class: 'steal',
      because: 'user code was interrupted, which cannot hold softirqs back: the machine paused',
    };
  }
  return {
    class: 'bh-off-in-syscall',
    because:
      holder.context === 'syscall'
        ? 'the softirq was raised while this system call held softirqs off'
        : `the softirq was raised while ${holder.threadName} held softirqs off`,
  };
}

/** Functions at whose end interrupts come on again; a timer that was held back fires right there. */
const ENABLES = /irq|enable|restore|unlock|softirq|schedule|switch|idle|entry|exit/i;
/** Frames of the interrupt itself. */
const INTERRUPT =
  /^(asm_)?(sysvec|common_interrupt|exc_|hrtimer_|__hrtimer|tick_|local_apic|handle_|perf_|irq_|__sysvec)/;

function irqOffReason(context: string, stack: readonly string[]): Reason {
  const entry = stack.findIndex((name) => name.startsWith('asm_'));
  const interrupted = stack.slice(entry + 1).find((name) => !INTERRUPT.test(name)) ?? '';
  if (context === 'user') {
    return {
      class: 'steal',
      because: 'timers came late in user code, which cannot hold them back: the machine paused',
    };
  }
  if (entry < 0 || interrupted === '' || ENABLES.test(interrupted)) {
    const where = interrupted === '' ? '' : `, right where ${interrupted} lets them on again`;
    return { class: 'irq-off', because: `timers came late${where}` };
  }
  return {
    class: 'steal',
    because: `timers came late in ${interrupted}, which does not switch interrupts on: the machine paused`,
  };
}
