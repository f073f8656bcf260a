import type { ArrivalColumns } from './arrival.js';
import type { EndReason } from './end-reason.js';
import type { Heard } from './heard.js';
import type { KernelEvent } from './kernel-event.js';
import type { ReceiveSide } from './receive-side.js';
import type { SampleColumns } from './sample.js';
import type { Segment } from './segment.js';

/** What stood at the start of a prober's stream: who measures, with which clock and which means. */
export interface ProberHello {
  readonly helper: string;
  readonly version: string;
  readonly host: { readonly name: string; readonly kernel: string; readonly machine: string };
  readonly got: {
    readonly scheduling: 'fifo' | 'other';
    /** Why not `fifo`, where it was wanted. */
    readonly schedulingWhy?: string;
    readonly memoryLocked: boolean;
    readonly cpu: number | null;
    readonly timestamps: TimestampSource;
    readonly transmitVia: string;
    readonly receiveVia: string;
  };
  readonly paths: readonly {
    readonly path: number;
    readonly interface: string;
    readonly source: string;
    readonly sourcePorts: readonly [number, number] | null;
    /** Where the plan names them one by one: by flow; `sourcePorts` then encloses them. */
    readonly ports?: readonly number[] | undefined;
    /** Of the echoes of an ICMP path. */
    readonly icmpId?: number | undefined;
    /** From which the probes of fresh flows are sent. */
    readonly freshPorts?: readonly [number, number] | undefined;
  }[];
  readonly footprint: {
    readonly packetsPerSecond: number;
    readonly conntrackEntries: number;
  };
  /** What limits the worth of all that this engine measures, in sentences; none for the native helper. */
  readonly limits?: readonly string[] | undefined;
  /**
   * Instants after its send at which the kernel sends a probe again, where its TCP does the probing: an answer then
   * tells of a loss, not of a wait.
   */
  readonly retransmitsNs?: readonly number[] | undefined;
  /** Of a watcher: the interfaces it sees arrivals on. */
  readonly watching?: readonly { readonly interface: string; readonly filterInstructions: number }[] | undefined;
  /** Of a watcher that was asked for local evidence: what it got of it. */
  readonly local?: LocalMeans | undefined;
  /** Of the same: how each interface receives, where the machine says so. */
  readonly receivers?: readonly ReceiveSide[] | undefined;
}

/** Which local evidence a watcher can give. */
export interface LocalMeans {
  readonly interfaces: readonly {
    readonly interface: string;
    readonly rxQueues: number;
    /** How it knows which receive queue a thread serves: the driver says so, or by the order of their numbers. */
    readonly queueOfThread: 'driver' | 'order' | 'unknown';
  }[];
  readonly heartbeats: {
    /** CPUs that have one. */
    readonly cpus: readonly number[];
    /** Otherwise ordinary load may pass for a gap. */
    readonly realtime: boolean;
    /** CPUs that receiving is steered to; null when nothing visible says so, which means any. */
    readonly serving: readonly number[] | null;
  };
  /** Kernel threads whose run delay is read; none where they are hidden, as in most containers. */
  readonly threads: readonly {
    readonly thread: number;
    readonly kind: 'napi' | 'ksoftirqd';
    readonly queue: number | null;
  }[];
  readonly softnet: boolean;
}

/** A CPU did not run its heartbeat of 1 ms for more than 5 ms. */
export interface CpuGap {
  /** When the beat was due. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Time the hypervisor took, in steps of 10 ms and with up to a second before; -1 unknown. */
  readonly stealNs: number;
  readonly cpu: number;
  readonly servesInterface: boolean;
  /** Otherwise an ordinary process may have been the reason. */
  readonly realtime: boolean;
}

/** A kernel thread that receives packets was ready for 5 ms or more and did not run. */
export interface ThreadDelay {
  /** `toNs` less `delayNs`. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly delayNs: number;
  readonly thread: number;
  readonly threadKind: 'napi' | 'ksoftirqd';
  /** The delay ended at most so long before `toNs`. */
  readonly uncertaintyNs: number;
  /** -1 unknown. */
  readonly cpu: number;
  /** Receive queue; -1 unknown or none. */
  readonly queue: number;
}

/** What the receive softirq of a CPU could not do, between two readings. */
export interface Softnet {
  readonly fromNs: number;
  readonly toNs: number;
  readonly cpu: number;
  readonly timeSqueeze: number;
  readonly dropped: number;
}

/** Where both stamps of an RTT come from. `sim` is virtual time. */
export type TimestampSource = 'hw' | 'kernel' | 'user' | 'sim';

/** An interval in which the prober itself did not run as planned, or its clock stepped. */
export interface Pause {
  readonly fromNs: number;
  readonly toNs: number;
  readonly cause: 'late-wake' | 'missed-slots' | 'clock-step';
  readonly missedSlots: number;
  /** Time its thread was ready but not running; -1 unknown. */
  readonly runDelayNs: number;
  /** Time the hypervisor took; -1 unknown. */
  readonly stealNs: number;
  /** -1 unknown. */
  readonly cpu: number;
}

/** Running totals of one prober. */
export interface Counters {
  readonly timeNs: number;
  readonly sent: number;
  readonly received: number;
  readonly late: number;
  readonly lost: number;
  readonly sendFailed: number;
  readonly errors: number;
  readonly missedSlots: number;
  readonly duplicates: number;
  readonly strays: number;
  readonly forged: number;
  readonly droppedRecords: number;
  readonly kernelDrops: number;
  readonly sentStampsMissing: number;
  readonly inFlight: number;
  readonly cpuUserNs: number;
  readonly cpuSystemNs: number;
  readonly residentBytes: number;
}

/** Final totals of one path; exact even where samples were dropped on the way. */
export interface PathTotals {
  readonly path: number;
  readonly sent: number;
  readonly received: number;
  readonly late: number;
  readonly lost: number;
  readonly inFlight: number;
  readonly sendFailed: number;
  readonly errors: number;
  readonly duplicates: number;
  readonly missedSlots: number;
}

/** A cross-reading of CLOCK_REALTIME and CLOCK_MONOTONIC. */
export interface ClockReading {
  readonly timeNs: number;
  readonly realDriftNs: number;
  readonly stepNs: number;
  readonly uncertaintyNs: number;
}

/** An event that tells how far time has come, and nothing that samples hang on. */
export type TimeEvent = Extract<EngineEvent, { kind: 'counters' | 'clock' }>;

export function timeOf(event: TimeEvent): number {
  return event.kind === 'counters' ? event.counters.timeNs : event.clock.timeNs;
}

/** What a running engine reports, in order. `start` comes first, `end` last. */
export type EngineEvent =
  | { readonly kind: 'start'; readonly epochRealNs: bigint; readonly epochMonoNs: bigint; readonly streamId: bigint }
  | { readonly kind: 'hello'; readonly hello: ProberHello }
  /** Where several batches of samples are one, also what was told between them, as `passed` of the samples has it. */
  | { readonly kind: 'samples'; readonly samples: SampleColumns; readonly told?: readonly TimeEvent[] }
  | { readonly kind: 'pause'; readonly pause: Pause }
  /** What a watcher heard that listens to anybody. */
  | { readonly kind: 'heard'; readonly heard: readonly Heard[] }
  /** What came from the servers whose answers are stamped. */
  | { readonly kind: 'segments'; readonly segments: readonly Segment[] }
  /** The next four come from watchers, on the watcher's own time line. */
  | { readonly kind: 'arrivals'; readonly arrivals: ArrivalColumns }
  | { readonly kind: 'cpu-gap'; readonly gap: CpuGap }
  | { readonly kind: 'thread-delay'; readonly delay: ThreadDelay }
  | { readonly kind: 'softnet'; readonly softnet: Softnet }
  /** What a tracer tells, on its own time line. */
  | { readonly kind: 'kernel'; readonly event: KernelEvent }
  | { readonly kind: 'counters'; readonly counters: Counters }
  | { readonly kind: 'clock'; readonly clock: ClockReading }
  | { readonly kind: 'path-totals'; readonly totals: PathTotals }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string }
  /** The environment does not allow the run; `end` follows. */
  | {
      readonly kind: 'failure';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      /** Index of the path it is about, where it is about one. */
      readonly path?: number;
    }
  /** Records that the helper or the pipe lost, beside those counted by the helper itself. */
  | { readonly kind: 'lost-records'; readonly count: number; readonly because: string }
  | { readonly kind: 'end'; readonly timeNs: number; readonly reason: EndReason };
