import type { SyscallEvent } from './syscall-event.js';

/** What a tracer got: which hooks, and so which questions it can answer. */
export interface TracerHello {
  readonly helper: string;
  readonly version: string;
  readonly host: { readonly name: string; readonly kernel: string; readonly machine: string };
  /** Inode number of the network namespace it keeps to; 0: all. */
  readonly netns: number;
  /** Whether the kernel counts what its programs cost. */
  readonly bpfCost: boolean;
  /** Since when its hooks are on: what came before was not seen. */
  readonly tracesFromNs: number;
  readonly questions: readonly {
    readonly question: string;
    readonly flavour: 'tp_btf' | 'raw_tp';
    readonly hooks: readonly { readonly tracepoint: string; readonly got: boolean }[];
  }[];
}

/** What tracing itself takes, and what was lost: running totals. */
export interface TracerCost {
  readonly timeNs: number;
  /** Processor time of its BPF programs; 0 unless `bpfCounted`. */
  readonly bpfRunNs: number;
  readonly bpfRuns: number;
  readonly recursionMisses: number;
  /** Events that found no room on their way out of the kernel. */
  readonly lostEvents: number;
  readonly droppedRecords: number;
  readonly cpuUserNs: number;
  readonly cpuSystemNs: number;
  readonly residentBytes: number;
  readonly bpfCounted: boolean;
}

/**
 * What made received packets wait: a softirq that was raised, a thread that was woken, interrupts that were off, or a
 * poll that found its queue full again and again.
 */
export const WAIT_KINDS = ['softirq', 'thread', 'irq-off', 'polls'] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** What a CPU was busy with. */
export const CONTEXTS = ['idle', 'syscall', 'user', 'ksoftirqd', 'napi-thread', 'irq-thread', 'kthread'] as const;
export type Context = (typeof CONTEXTS)[number];

/** Received packets waited for a CPU to handle them. Instants count from the epoch of the tracer's stream. */
export interface ReceiveWait {
  /** Number in its stream. */
  readonly wait: number;
  readonly waitKind: WaitKind;
  readonly cpu: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Growth of the steal time around it of the CPUs it was queued on, in steps of 10 ms; -1 unknown. */
  readonly stealNs: number;
  /** Of the wait, how long the holder is known to have had the CPU; -1 unknown. */
  readonly heldNs: number;
  /** Of the wait, time in handlers of other softirqs. */
  readonly handlerNs: number;
  /** The softirq whose handler took longest within it; -1 none. */
  readonly handler: number;
  /** Of the wait, time for which even timers came late: interrupts off, or the machine paused. */
  readonly lateNs: number;
  /** 0 unknown. */
  readonly netns: number;
  readonly interface: number;
  readonly holder: Holder;
  /** The thread that handled the packets in the end. */
  readonly server: { readonly thread: number; readonly name: string };
  readonly raisedWithin: boolean;
  readonly backlog: boolean;
  readonly stackAtStart: boolean;
  /** The holder was looked up as it went to sleep by itself: the system call is that by which it did. */
  readonly gaveUp: boolean;
  /** The thread that receives slept for a lock that somebody had on its CPU; on real-time kernels softirqs are one. */
  readonly forLock: boolean;
  /** The holder was interrupted right behind an instruction that switches interrupts on; told on arm64 only. */
  readonly behindEnabling: boolean;
  readonly gone: boolean;
  readonly namespaceUnknown: boolean;
}

/** Who held the CPU. */
export interface Holder {
  readonly context: Context;
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  readonly processName: string;
  /** Number of the system call it was in; -1 none or unknown. */
  readonly syscall: number;
  /** Whose numbers these are, e_machine as in elf.h. */
  readonly architecture: number;
  /** Of the file that the system call is about; empty: none, or unknown. */
  readonly file: string;
  readonly fileSystem: string;
  /** Path of its cgroup; empty: unknown. */
  readonly cgroup: string;
  readonly cgroup1: number;
  readonly cgroup2: number;
}

/** One CPU where packets, or the thread that was to receive them, were queued while they waited. */
export interface WaitPlace {
  /** Number of the wait that it belongs to. */
  readonly wait: number;
  readonly cpu: number;
  readonly fromNs: number;
  /** When it was moved on, or served. */
  readonly toNs: number;
  /** Since when the flight recorder reaches back on that CPU: what lies before was overwritten, or never sampled. */
  readonly sampledFromNs: number;
  /** Of that, time for which it is known who had the CPU. */
  readonly recordedNs: number;
}

/** A thread that had such a CPU meanwhile, by the scheduler's own account. Those who had it longest are told. */
export interface Occupant {
  /** Number of the wait that it belongs to. */
  readonly wait: number;
  readonly cpu: number;
  /** 0: idle. */
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  /** Empty: it had ended. */
  readonly processName: string;
  /** Path of its cgroup; empty: unknown. */
  readonly cgroup: string;
  /** Since when it had the CPU, also before the wait. */
  readonly fromNs: number;
  /** Until when. */
  readonly toNs: number;
  /** Of the time that was waited on that CPU, how long it ran there, all turns added up. */
  readonly heldNs: number;
  readonly turns: number;
  /** Of rxray itself: the tracer, who started it, or a prober. */
  readonly isOwn: boolean;
  readonly isKernelThread: boolean;
  /** It receives packets itself: a thread of a NAPI or an interrupt, ksoftirqd. */
  readonly receives: boolean;
}

/** What ran on a CPU at an instant. */
export interface StackSample {
  readonly timeNs: number;
  /** Number of the wait that it is told with; samples are told once for all waits around then. */
  readonly wait: number;
  readonly cpu: number;
  /** 0: idle. */
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  readonly syscall: number;
  /** Of the holder, where the wait names it; else a sample of the flight recorder. */
  readonly isHolder: boolean;
  /** Of the kernel, innermost first, as the symbols name them. */
  readonly addresses: readonly bigint[];
}

/** How long receive work waited on one CPU, all namespaces taken together. */
export interface WaitTotals {
  readonly timeNs: number;
  readonly cpu: number;
  readonly waits: number;
  readonly longestNs: number;
  /** Whether a packet of the network namespace asked about came in on this CPU. */
  readonly received: boolean;
  /** Waits of 2^n up to 2^(n+1) ns. */
  readonly buckets: readonly number[];
}

/** A probe packet as the receiving stack took it up. */
export interface RxPacket {
  readonly timeNs: number;
  /** From the raise of the softirq, or the waking of the thread, to this packet; -1 unknown. */
  readonly askedNs: number;
  /** Of that, until the softirq or thread ran; -1 unknown. */
  readonly waitNs: number;
  /** Whether `path`, `seq` and `flow` are those of a probe, proved by its key; else `seq` is the packet's own number. */
  readonly keyed: boolean;
  readonly path: number;
  readonly seq: number;
  readonly flow: number;
  readonly freshFlow: boolean;
  readonly protocol: 'icmp' | 'syn' | 'ack' | 'udp';
  readonly source: string;
  /** Of an echo its identifier, else the source port. */
  readonly id: number;
  /** Target port; 0 of an echo. */
  readonly port: number;
  readonly interface: number;
  /** Empty: unknown. */
  readonly interfaceName: string;
  /** -1 not recorded. */
  readonly queue: number;
  readonly cpu: number;
  readonly context: Context;
  /** On top of the thread named; else by that thread itself. */
  readonly inSoftirq: boolean;
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  /** -1 none or unknown. */
  readonly syscall: number;
  readonly architecture: number;
  readonly tunnelled: boolean;
}

/** What a tracer tells. Symbols come before the stacks that need them; stacks, places and occupants before their wait. */
export type KernelEvent =
  | { readonly kind: 'hello'; readonly hello: TracerHello }
  | { readonly kind: 'cost'; readonly cost: TracerCost }
  | { readonly kind: 'symbol'; readonly address: bigint; readonly name: string }
  | { readonly kind: 'stack'; readonly stack: StackSample }
  | { readonly kind: 'wait-place'; readonly place: WaitPlace }
  | { readonly kind: 'occupant'; readonly occupant: Occupant }
  | { readonly kind: 'wait'; readonly wait: ReceiveWait }
  | { readonly kind: 'wait-totals'; readonly totals: WaitTotals }
  | { readonly kind: 'rx-packet'; readonly packet: RxPacket }
  | SyscallEvent;
