import { cgroupPlace } from '../model/cgroup-place.js';
import type { Culprit, ObservedWait, StallClass } from '../model/culprit.js';
import type { Context, Holder, ReceiveWait } from '../model/kernel-event.js';
import { syscallName } from '../model/syscall-names.js';
import { delayShares } from './delay-shares.js';
import { fixFor } from './fixes.js';
import { heldSpan, syscallHeld } from './held-since.js';
import { type Hold, MAIN_SHARE, mainHold, silentNs } from './hold.js';
import { softirqName } from './softirq-names.js';

interface Reason {
  readonly class: StallClass;
  readonly because: string;
}

/** Classes of which a process, or a thread of the kernel, is the culprit. */
const ACCUSING: ReadonlySet<StallClass> = new Set(['bh-off-in-syscall', 'kthread-starved', 'irq-off']);

/**
 * Says which class a wait is of, and who is to blame for it.
 *
 * This is the one place that decides about a wait; what prints, draws and sums up waits shows its result. The rule:
 * somebody is named only if he had the CPU for at least half of the wait where the packets, or the thread that was to
 * receive them, were queued at each moment (`hold.ts`). The hypervisor is named only by its own account of stolen time,
 * and only as far as the CPU gave no sign of life meanwhile. Where neither is so, the wait is `unattributed`.
 */
export function judgeWait(observed: ObservedWait): Culprit {
  const { wait, places } = observed;
  const hold = mainHold(observed);
  const main = hold === null ? null : holderOf(observed, hold);
  const reason = reasonOf(observed, hold, main);
  const accused = hold !== null && main !== null && ACCUSING.has(reason.class);
  const span = spanOf(observed, accused ? hold : null, main?.syscall ?? -1, reason.class);
  const syscall = accused ? syscallOf(main) : null;
  const cgroup = accused && main.cgroup !== '' ? main.cgroup : null;
  const handler = wait.handler >= 0 && wait.handlerNs > 0 ? softirqName(wait.handler) : null;
  const waitNs = wait.toNs - wait.fromNs;
  const heldNs = accused ? hold.heldNs : reason.class === 'softirq-handler' ? Math.min(waitNs, wait.handlerNs) : 0;
  const stack = stackOf(observed, hold, main);
  const place = cgroupPlace(cgroup ?? '');
  return {
    type: 'culprit',
    class: reason.class,
    cpu: accused ? hold.occupant.cpu : wait.cpu,
    start: wait.fromNs,
    release: wait.toNs,
    waitNs,
    heldStart: span.fromNs,
    lengthNs: span.toNs - span.fromNs,
    heldNs,
    heldShare: heldNs / Math.max(1, waitNs),
    queuedOn: places.map(({ cpu, fromNs, toNs }) => ({ cpu, start: fromNs, lengthNs: toNs - fromNs })),
    rxray: accused && hold.occupant.isOwn,
    process: accused
      ? {
          name: main.processName === '' ? main.threadName : main.processName,
          pid: main.process,
          thread: main.thread,
          threadName: main.threadName,
        }
      : null,
    syscall,
    handler,
    cgroup,
    container: place.container ?? null,
    pod: place.pod ?? null,
    servedBy: serverOf(observed),
    netns: wait.netns,
    interface: wait.interface,
    stack,
    shares: delayShares(observed),
    stealNs: wait.stealNs,
    because: reason.because,
    fix: fixFor(reason.class, accused ? main : undefined, syscall?.file, handler, stack),
  };
}

/** The holder with all that was found out about it: by the scheduler, by its samples, and where it was looked up too. */
function holderOf(observed: ObservedWait, hold: Hold): Holder {
  const { wait, samples } = observed;
  const { occupant } = hold;
  const syscall = syscallHeld(observed, hold);
  const known = wait.holder.thread === occupant.thread;
  const sampled = samples.some(({ isWithin, thread }) => isWithin && thread === occupant.thread);
  const context: Context = occupant.isKernelThread ? 'kthread' : syscall >= 0 ? 'syscall' : 'user';
  return {
    ...wait.holder,
    context: known && !sampled ? wait.holder.context : context,
    thread: occupant.thread,
    process: occupant.process,
    threadName: occupant.threadName,
    processName: occupant.processName,
    cgroup: occupant.cgroup,
    syscall,
    // What was looked up is of the call that it was in then.
    ...(known && wait.holder.syscall === syscall ? {} : { file: '', fileSystem: '' }),
  };
}

function syscallOf({ syscall, architecture, file, fileSystem }: Holder): Culprit['syscall'] {
  if (syscall < 0) return null;
  return {
    name: syscallName(syscall, architecture),
    number: syscall,
    ...(file === '' ? {} : { file, fileSystem }),
  };
}

/** Of the holder at what it held the CPU by: as it was looked up, if that was then, else as it was sampled last. */
function stackOf({ wait, holderStack, samples }: ObservedWait, hold: Hold | null, main: Holder | null): string[] {
  if (hold === null || main === null) return [];
  const isThen = wait.holder.thread === hold.occupant.thread && wait.holder.syscall === main.syscall;
  if (isThen && holderStack.length > 0) return [...holderStack];
  const own = samples.filter(
    ({ isWithin, thread, syscall }) => isWithin && thread === hold.occupant.thread && syscall === main.syscall,
  );
  return [...(own.at(-1)?.stack ?? [])];
}

function spanOf(
  observed: ObservedWait,
  hold: Hold | null,
  syscall: number,
  kind: StallClass,
): { readonly fromNs: number; readonly toNs: number } {
  const { fromNs, toNs, heldNs } = observed.wait;
  if (kind === 'softirq-handler' && heldNs > 0) return { fromNs: toNs - heldNs, toNs };
  if (hold === null || kind === 'irq-off') return { fromNs, toNs };
  return heldSpan(observed, hold, syscall);
}

function serverOf({ wait }: ObservedWait): string {
  return wait.server.thread === 0 ? 'idle' : `${wait.server.name}[${wait.server.thread}]`;
}

function unattributed(because: string): Reason {
  return { class: 'unattributed', because };
}

function reasonOf(observed: ObservedWait, hold: Hold | null, main: Holder | null): Reason {
  const { wait, holderStack } = observed;
  const half = MAIN_SHARE * (wait.toNs - wait.fromNs);
  const silent = silentNs(observed);
  // Stolen time is counted in steps, around the wait: only what the CPU did not live through can be of the wait itself.
  if (Math.min(wait.stealNs, silent) >= half) {
    return { class: 'steal', because: 'the hypervisor took the CPU meanwhile, by its own account' };
  }
  const leftTo = wait.server.name.startsWith('ksoftirqd/') ? wait.server.name : null;
  // What polls leave over is left to ksoftirqd: if that did not get the CPU, it was not the packets that were too many.
  if (leftTo !== null && hold !== null && wait.waitKind !== 'irq-off' && wait.handlerNs < half) {
    return { class: 'kthread-starved', because: `softirqs were left to ${leftTo}, which did not get the CPU` };
  }
  if (wait.waitKind === 'polls') {
    return wait.backlog
      ? { class: 'rps-backlog', because: 'poll after poll found the backlog of this CPU full' }
      : { class: 'budget', because: 'poll after poll used its whole budget up' };
  }
  if (wait.waitKind === 'irq-off') return irqOffReason(wait, holderStack, hold);
  if (silent >= half) {
    return unattributed('not even timers ran on this CPU meanwhile: interrupts were off, or the machine paused');
  }
  if (wait.handlerNs >= half) {
    return { class: 'softirq-handler', because: `the handler of softirq ${softirqName(wait.handler)} ran meanwhile` };
  }
  if (wait.waitKind === 'softirq' && wait.raisedWithin) {
    return { class: 'budget', because: 'the receive softirq had used its budget up and raised itself again' };
  }
  if (hold === null || main === null) return unattributed(nobody(observed));
  if (wait.waitKind === 'thread') {
    const because = wait.forLock
      ? `${wait.server.name} slept for a lock held on its CPU, as switching softirqs off takes one on real-time kernels`
      : `${wait.server.name} was ready and did not get the CPU`;
    return { class: 'kthread-starved', because };
  }
  if (main.context === 'user') {
    return unattributed('user code was interrupted, which cannot hold softirqs back');
  }
  return {
    class: 'bh-off-in-syscall',
    because:
      main.context === 'syscall'
        ? 'the softirq was raised while this system call held softirqs off'
        : `the softirq was raised while ${main.threadName} held softirqs off`,
  };
}

/** Why nobody is named: what was queued where for how long. */
function nobody(observed: ObservedWait): string {
  const { wait, places, occupants } = observed;
  const length = wait.toNs - wait.fromNs;
  const where = places
    .map(({ cpu, fromNs, toNs }) => `on CPU ${cpu} for ${((toNs - fromNs) / 1e6).toFixed(1)} ms`)
    .join(', then ');
  const what = wait.waitKind === 'thread' ? serverOf(observed) : 'the receive softirq';
  const recorded = places.reduce((sum, { recordedNs }) => sum + recordedNs, 0);
  const idle = occupants.reduce((sum, { thread, heldNs }) => sum + (thread === 0 ? heldNs : 0), 0);
  const why =
    recorded < MAIN_SHARE * length
      ? 'who had the CPU is not recorded'
      : idle >= MAIN_SHARE * length
        ? 'the CPU was idle for most of it: it was not woken, or the machine paused'
        : 'nobody had the CPU for half of it';
  return `${what} waited ${where}; ${why}`;
}

/** Where the kernel takes an interrupt: on x86-64, and on arm64. */
const isEntry = (name: string): boolean => name.startsWith('asm_') || /^el[01]\w*_(irq|fiq)$/.test(name);

/**
 * The function in which a late timer fired. Where another interrupt was held back with it and came first, the timer fires
 * as that one ends: then what that one interrupted.
 */
function interruptedIn(stack: readonly string[]): string {
  const at = stack.findIndex((name, index) => index > stack.findIndex(isEntry) && !INTERRUPT.test(name));
  const name = stack[at] ?? '';
  if (!ENDS_INTERRUPT.test(name)) return name;
  const outer = stack.slice(at + 1).findIndex((frame) => !ENDS_INTERRUPT.test(frame)) + at + 1;
  return HANDED_OVER.test(stack[outer] ?? '') ? interruptedIn(stack.slice(outer)) : name;
}

/** Functions at whose end interrupts come on again; a timer that was held back fires right there. */
const ENABLES = /irq|restore|softirq|schedule|switch|idle|entry_|exit_to_user|syscall_(enter|exit)/i;
/** Frames of the interrupt itself. */
const INTERRUPT =
  /^(asm_)?(sysvec|common_interrupt|exc_|hrtimer_|__hrtimer|tick_|local_apic|handle_|perf_|irq_|__sysvec)/;

/** Interrupts by which other CPUs hand something over: their handlers only take it. */
const HANDED_OVER = /^(asm_)?sysvec_(call_function|reschedule|irq_work)/;
/** Where an interrupt ends, and lets others in. */
const ENDS_INTERRUPT = /irq_exit|irqentry_exit|preempt_schedule_irq/;

function irqOffReason({ holder, behindEnabling }: ReceiveWait, stack: readonly string[], hold: Hold | null): Reason {
  const { context, thread } = holder;
  const entry = stack.findIndex(isEntry);
  const interrupted = interruptedIn(stack);
  if (context === 'user') {
    return unattributed('timers came late in user code, which cannot hold them back: the machine paused');
  }
  // A timer that comes late fires in whoever runs then, who may have got the CPU only just now.
  if (hold === null || hold.occupant.thread !== thread) {
    return unattributed('timers came late, and nobody had the CPU for half of that time');
  }
  // The end of an interrupt: it was its handler that ran long, or the machine that paused, and not what it interrupted.
  if (ENDS_INTERRUPT.test(interrupted)) {
    return unattributed('timers came late until an interrupt ended: its handler ran long, or the machine paused');
  }
  if (stack.length === 0 || (entry >= 0 && (interrupted === '' || ENABLES.test(interrupted)))) {
    const where = interrupted === '' ? '' : `, right where ${interrupted} lets them on again`;
    return { class: 'irq-off', because: `timers came late${where}` };
  }
  if (behindEnabling) {
    return { class: 'irq-off', because: `timers came late, right behind where ${interrupted} lets them on again` };
  }
  if (entry < 0) return unattributed('timers came late, and the stack does not tell where');
  return unattributed(`timers came late in ${interrupted}, which does not switch interrupts on: the machine paused`);
}
