/** One system call that took long, or that has not returned yet. Instants count from the epoch of the stream. */
export interface SyscallCall {
  readonly beganNs: number;
  /** When it returned; of one in flight, when it was looked at. */
  readonly endedNs: number;
  /** Of it, ready but without a CPU, and asleep; the rest it ran. */
  readonly waitingNs: number;
  readonly sleepingNs: number;
  /** What it returned, a negative errno on failure. */
  readonly result: bigint;
  /** As registers held them. */
  readonly arguments: readonly bigint[];
  readonly thread: number;
  readonly process: number;
  readonly threadName: string;
  readonly processName: string;
  readonly number: number;
  /** Whose numbers these are, e_machine as in elf.h. */
  readonly architecture: number;
  /** -1 unknown. */
  readonly cpu: number;
  /** Inode numbers of the folders of its cgroups, v1 (memory) and v2; 0 none. */
  readonly cgroup1: number;
  readonly cgroup2: number;
  /** The file behind its descriptor; empty: none, or unknown. */
  readonly file: string;
  readonly fileSystem: string;
  /** The path that the call was given; empty: none. */
  readonly text: string;
  readonly inFlight: boolean;
  /** `file` begins at the root of its mount: the descriptor was closed before it was looked up. */
  readonly pathBelowMount: boolean;
  readonly gone: boolean;
  /** It triggered a dump of the flight recorder. */
  readonly slow: boolean;
  readonly argumentsUnknown: boolean;
  /** Its begin and end are known to a sample (about a millisecond), and its result is not. */
  readonly sampled: boolean;
  /** It may be several calls with the same arguments, one right behind the other. */
  readonly unproven: boolean;
}

/** Running totals of one system call in one process. */
export interface SyscallTotals {
  readonly timeNs: number;
  readonly process: number;
  readonly processName: string;
  readonly number: number;
  readonly architecture: number;
  readonly count: number;
  readonly errors: number;
  readonly totalNs: number;
  readonly longestNs: number;
  readonly cgroup1: number;
  readonly cgroup2: number;
  /** Calls by length: see stats/latency-buckets.ts. */
  readonly buckets: readonly number[];
}

/** A stack of the call with the same thread and begin, which follows. */
export interface CallStack {
  readonly beganNs: number;
  readonly thread: number;
  readonly process: number;
  /** Of the program, by frame pointers; else of the kernel, where it left the CPU for longest. */
  readonly isUser: boolean;
  /** Innermost first. */
  readonly addresses: readonly bigint[];
}

/** What an address of a program is. */
export interface UserSymbol {
  readonly process: number;
  readonly address: bigint;
  /** Of the function, empty unknown. */
  readonly name: string;
  /** The file it is in, empty unknown. */
  readonly module: string;
  /** In the function, or in the file where no function is known. */
  readonly offset: number;
}

/** One call out of the flight recorder. */
export interface RecordedCall {
  readonly dump: number;
  readonly beganNs: number;
  readonly lengthNs: number;
  readonly result: bigint;
  /** The first three. */
  readonly arguments: readonly bigint[];
  readonly thread: number;
  readonly threadName: string;
  readonly process: number;
  readonly number: number;
  readonly architecture: number;
}

/** What the flight recorder holds of one cgroup is told now: `calls` recorded calls follow. */
export interface RecorderDump {
  readonly timeNs: number;
  /** Number of the dump. */
  readonly dump: number;
  readonly cgroup: number;
  /** Calls recorded so far; the older ones were overwritten. */
  readonly written: number;
  readonly calls: number;
  /** A slow call asked for it, else the end of the run. */
  readonly onSlow: boolean;
}

/** The path of a cgroup, from the root of its hierarchy. */
export interface CgroupName {
  readonly cgroup: number;
  readonly version: 1 | 2;
  readonly path: string;
}

/** Running totals of the whole trace. */
export interface SyscallCounters {
  readonly timeNs: number;
  readonly calls: number;
  /** Calls and stacks that found no room in the ring of events. */
  readonly lostEvents: number;
  /** Calls that found no room in the table of totals. */
  readonly lostTotals: number;
  /** Calls whose thread was switched out and found no room in the table for that. */
  readonly lostParked: number;
  /** Calls that the flight recorder had no ring for. */
  readonly unrecorded: number;
  /** Calls whose process or descriptor was gone before its file was looked up. */
  readonly gone: number;
  /** Processor time of the programs of calls, in the moments in which the kernel measured it, and their runs then. */
  readonly sampledNs: number;
  readonly sampledRuns: number;
  /** Trees of cgroups that match the filter now. */
  readonly cgroups: number;
}

/** What a tracer tells of system calls. */
export type SyscallEvent =
  | { readonly kind: 'syscall'; readonly call: SyscallCall }
  | { readonly kind: 'syscall-totals'; readonly totals: SyscallTotals }
  | { readonly kind: 'call-stack'; readonly stack: CallStack }
  | { readonly kind: 'user-symbol'; readonly symbol: UserSymbol }
  | { readonly kind: 'recorder-dump'; readonly dump: RecorderDump }
  | { readonly kind: 'recorded-call'; readonly call: RecordedCall }
  | { readonly kind: 'cgroup-name'; readonly cgroup: CgroupName }
  | { readonly kind: 'syscall-counters'; readonly counters: SyscallCounters };
