import type { NamedSample, ObservedWait } from '../../src/model/culprit.js';
import type { Holder, Occupant, ReceiveWait, WaitPlace } from '../../src/model/kernel-event.js';
import { MS } from '../../src/model/time.js';

const HOLDER: Holder = {
  context: 'syscall',
  thread: 27_964,
  process: 27_960,
  threadName: 'cadvisor',
  processName: 'cadvisor',
  syscall: 0,
  architecture: 62,
  file: '',
  fileSystem: '',
  cgroup: '/system.slice/kubelet.service',
  cgroup1: 0,
  cgroup2: 4_985,
};

const WAIT: ReceiveWait = {
  wait: 1,
  waitKind: 'softirq',
  cpu: 1,
  fromNs: 1_000 * MS,
  toNs: 1_100 * MS,
  stealNs: 0,
  heldNs: -1,
  handlerNs: 0,
  handler: -1,
  lateNs: 0,
  netns: 4_026_532_001,
  interface: 2,
  holder: HOLDER,
  server: { thread: 27_964, name: 'cadvisor' },
  raisedWithin: false,
  backlog: false,
  stackAtStart: true,
  gaveUp: false,
  behindEnabling: false,
  forLock: false,
  gone: false,
  namespaceUnknown: false,
};

/** Who ran: thread, system call, from and to in ms since the wait began, and on which CPU if not 1. */
export type Ran = readonly [thread: number, syscall: number, fromMs: number, toMs: number, cpu?: number];

export interface Situation {
  readonly wait?: Partial<ReceiveWait>;
  readonly holder?: Partial<Holder>;
  readonly stack?: readonly string[];
  /** One sample a millisecond, and the scheduler's account of it. Default: the holder, all the while. */
  readonly ran?: readonly Ran[];
  /** Where it was queued: CPU, from and to in ms since the wait began. Default: on CPU 1 all the while. */
  readonly queued?: readonly (readonly [cpu: number, fromMs: number, toMs: number])[];
  /** Of the occupants. */
  readonly names?: Readonly<Record<number, string>>;
  /** Threads of one process. */
  readonly processes?: Readonly<Record<number, number>>;
  readonly kernelThreads?: readonly number[];
  readonly own?: readonly number[];
  /** Since when the flight recorder reaches back. Default: long before the wait. */
  readonly sampledFromMs?: number;
  /** CPUs that gave no sign of life: no sample was taken, from and to in ms since the wait began. */
  readonly silent?: readonly (readonly [fromMs: number, toMs: number])[];
}

/** A wait of 100 ms that began at 1 s on CPU 1: cadvisor in read(). */
export function buildWait(situation: Situation = {}): ObservedWait {
  const { wait = {}, holder = {}, stack = ['memcg_stat_show'], silent = [] } = situation;
  const whole: ReceiveWait = { ...WAIT, ...wait, holder: { ...HOLDER, ...holder } };
  const lengthMs = (whole.toNs - whole.fromNs) / MS;
  const ran: readonly Ran[] = situation.ran ?? [[whole.holder.thread, whole.holder.syscall, 0, lengthMs]];
  const at = (ms: number): number => whole.fromNs + ms * MS;
  const places = (situation.queued ?? [[1, 0, lengthMs]]).map(
    ([cpu, fromMs, toMs]): WaitPlace => ({
      ...{ wait: 1, cpu, fromNs: at(fromMs), toNs: at(toMs), sampledFromNs: at(situation.sampledFromMs ?? -500) },
      recordedNs: ran
        .filter(([, , , , on = 1]) => on === cpu)
        .reduce((sum, [, , from, to]) => sum + Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs)) * MS, 0),
    }),
  );
  const within = ({ cpu, timeNs }: { cpu: number; timeNs: number }): boolean =>
    places.some((place) => place.cpu === cpu && timeNs >= place.fromNs && timeNs <= place.toNs);
  const samples = ran
    .flatMap(([thread, syscall, fromMs, toMs, cpu = 1]) =>
      Array.from({ length: Math.round(toMs - fromMs) }, (_, index): NamedSample => {
        const timeNs = at(fromMs + index + 0.5);
        return {
          ...{ timeNs, cpu, thread, syscall },
          process: situation.processes?.[thread] ?? thread,
          threadName: nameOf(thread, situation),
          isWithin: within({ cpu, timeNs }),
          stack: thread === 0 ? [] : [`work_of_${thread}`],
        };
      }),
    )
    .filter(({ timeNs }) => timeNs >= at(situation.sampledFromMs ?? -500))
    .filter(({ timeNs }) => !silent.some(([from, to]) => timeNs > at(from) && timeNs < at(to)))
    .sort((one, other) => one.timeNs - other.timeNs);
  const occupants = places.flatMap((place) => occupantsOf(place, ran, whole, situation));
  return { wait: whole, holderStack: stack, places, occupants, samples };
}

function nameOf(thread: number, { names = {}, holder }: Situation): string {
  if (thread === 0) return '';
  const usual = thread === (holder?.thread ?? HOLDER.thread) ? (holder?.threadName ?? HOLDER.threadName) : undefined;
  return names[thread] ?? usual ?? (thread === HOLDER.thread ? HOLDER.threadName : `other-${thread}`);
}

/** As the scheduler counts it: clipped to the place, spans whole. */
function occupantsOf(place: WaitPlace, ran: readonly Ran[], wait: ReceiveWait, situation: Situation): Occupant[] {
  const found = new Map<number, Occupant>();
  for (const [thread, , fromMs, toMs, cpu = 1] of ran) {
    const [fromNs, toNs] = [wait.fromNs + fromMs * MS, wait.fromNs + toMs * MS];
    const heldNs = Math.min(toNs, place.toNs) - Math.max(fromNs, place.fromNs);
    if (cpu !== place.cpu || heldNs <= 0) continue;
    const before = found.get(thread);
    const isKernelThread =
      situation.kernelThreads?.includes(thread) ??
      (thread === wait.holder.thread && !['user', 'syscall', 'idle'].includes(wait.holder.context));
    const threadName = nameOf(thread, situation);
    const isHolder = thread === wait.holder.thread;
    found.set(thread, {
      ...{ wait: 1, cpu, thread, threadName, isKernelThread },
      process: situation.processes?.[thread] ?? (isHolder ? wait.holder.process : thread),
      processName: isHolder ? wait.holder.processName : threadName,
      cgroup: isHolder ? wait.holder.cgroup : '',
      fromNs: Math.min(before?.fromNs ?? fromNs, fromNs),
      toNs: Math.max(before?.toNs ?? toNs, toNs),
      heldNs: (before?.heldNs ?? 0) + heldNs,
      turns: (before?.turns ?? 0) + 1,
      isOwn: situation.own?.includes(thread) ?? false,
      receives: threadName.startsWith('napi/'),
    });
  }
  return [...found.values()];
}
