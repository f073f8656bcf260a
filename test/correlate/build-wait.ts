import type { NamedSample, ObservedWait } from '../../src/model/culprit.js';
import type { Holder, ReceiveWait } from '../../src/model/kernel-event.js';
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
  gone: false,
  namespaceUnknown: false,
};

export interface Situation {
  readonly wait?: Partial<ReceiveWait>;
  readonly holder?: Partial<Holder>;
  readonly stack?: readonly string[];
  /** Who ran, one sample a millisecond: thread, system call, from and to in ms since the wait began. */
  readonly ran?: readonly (readonly [thread: number, syscall: number, fromMs: number, toMs: number])[];
}

/** A wait of 100 ms that began at 1 s: cadvisor in read(). */
export function buildWait({ wait = {}, holder = {}, stack = ['memcg_stat_show'], ran }: Situation = {}): ObservedWait {
  const whole: ReceiveWait = { ...WAIT, ...wait, holder: { ...HOLDER, ...holder } };
  const told = ran ?? [[whole.holder.thread, whole.holder.syscall, 0, (whole.toNs - whole.fromNs) / MS]];
  const samples = told.flatMap(([thread, syscall, fromMs, toMs]) =>
    Array.from({ length: Math.round(toMs - fromMs) }, (_, index): NamedSample => {
      const timeNs = whole.fromNs + (fromMs + index + 0.5) * MS;
      return {
        timeNs,
        thread,
        process: thread,
        threadName: thread === 0 ? '' : thread === HOLDER.thread ? 'cadvisor' : `other-${thread}`,
        syscall,
        isWithin: timeNs >= whole.fromNs && timeNs <= whole.toNs,
        stack: thread === 0 ? [] : [`work_of_${thread}`],
      };
    }),
  );
  return { wait: whole, holderStack: stack, samples };
}
