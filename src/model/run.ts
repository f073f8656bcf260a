import type { EndReason } from './end-reason.js';
import type { SampleColumns } from './sample.js';

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
  }[];
  readonly footprint: {
    readonly packetsPerSecond: number;
    readonly conntrackEntries: number;
  };
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

/** What a running engine reports, in order. `start` comes first, `end` last. */
export type EngineEvent =
  | { readonly kind: 'start'; readonly epochRealNs: bigint; readonly epochMonoNs: bigint; readonly streamId: bigint }
  | { readonly kind: 'hello'; readonly hello: ProberHello }
  | { readonly kind: 'samples'; readonly samples: SampleColumns }
  | { readonly kind: 'pause'; readonly pause: Pause }
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
