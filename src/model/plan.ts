import type { Protocol } from './protocol.js';
import type { RequestSpec } from './request.js';

/** One path as a prober is told to probe it. */
export interface PlannedPath {
  /** `vantage>target/protocol`, e.g. `local>172.16.47.27:30927/syn`. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Numeric IPv4 or IPv6 address. */
  readonly address: string;
  /** Target port; none for ICMP. */
  readonly port?: number;
  /** Fixed source ports, visited in turn: flow = seq mod flows. At least 1; ICMP has exactly 1. */
  readonly flows: number;
  /** Of each flow its source port, all within 4096 of each other; then all paths with ports name theirs. Default: a row. */
  readonly fromPorts?: readonly number[];
  /**
   * Of each flow the port in place of one that somebody else has meanwhile; 0, or one that is taken too: any other. Without
   * it a port that is taken ends the run (E_PORTS). Of the native helper.
   */
  readonly insteadPorts?: readonly number[];
  /** Further probes a second, each from a source port of its own. */
  readonly freshPerSecond: number;
  /** From one probe of the path to the next, whatever the number of flows. */
  readonly intervalNs: number;
  /** When its first probe is due, behind the start; by default phases are spread over all paths of one interval. */
  readonly phaseNs?: number;
  readonly interface?: string;
  readonly source?: string;
  readonly ttl?: number;
  /** What is asked, on paths of protocol `http` and `dns`. */
  readonly request?: RequestSpec;
  /** Where the target is to know the probes of this path on their arrival. */
  readonly told?: ToldPath;
}

/** What a path shares with its target. Never written down: its secret is all that keeps others from forging probes. */
export interface ToldPath {
  /** 32 hexadecimal digits that the keys of this path are made of. */
  readonly secret: string;
  /** Of an ICMP path: numbers of SYN paths to the same machine, at most 4, whose grids its echoes announce in turn. */
  readonly announces?: readonly number[];
}

/** An interface on which announced probes of anybody are told of, and SYNs from these source ports. */
export interface Hear {
  readonly interface: string;
  readonly ports: readonly [number, number];
}

export type TimestampChoice = 'auto' | 'hw' | 'kernel' | 'user';

/** What a prober is to do. All paths of a plan run on one grid. */
export interface ProbePlan {
  /** The index of a path in this list stands for it in samples. */
  readonly paths: readonly PlannedPath[];
  /** Probes per path; 0 means until stopped. */
  readonly count: number;
  /** Instant of CLOCK_MONOTONIC that slot 0 begins at; default soon. */
  readonly startAtNs?: number;
  /** 0 means until stopped. */
  readonly durationNs: number;
  /** A reply later than this is `late`, no reply by then `lost`. */
  readonly waitNs: number;
  /** How long replies are still matched to their probes. */
  readonly matchNs: number;
  readonly timestamps: TimestampChoice;
  readonly cpu: 'auto' | 'none' | number;
  readonly scheduling: 'auto' | 'fifo' | 'other';
  /** 32 hexadecimal digits that keys are made of, to be shared with watchers. Default: the prober draws its own. */
  readonly secret?: string;
  /** First and last source port that may be used; default any outside the ephemeral range. */
  readonly sourcePorts?: readonly [number, number];
  /** CLOCK_MONOTONIC, in nanoseconds, that the grid counts from: that of a prober which runs already. Not of the helper. */
  readonly epochMonoNs?: string;
  /** How long what was seen may wait until it is told; default 50 ms. To tell seldom is cheap. */
  readonly tellNs?: number;
  /** Replies are looked for where that costs other packets of the machine least, as long as it shows as much. */
  readonly sparesOthers?: boolean;
  /** Where it tells, beside what it sends, of probes that arrive; all of the same ports. Not of probers in TypeScript. */
  readonly hears?: readonly Hear[];
  /** Packets a second to one address, all paths together, over which the prober refuses. */
  readonly maxPacketsPerSecondToTarget: number;
}

/** How often a prober tells what it saw where nobody looks on as it happens: each time its reader is woken. */
export const UNWATCHED_TELL_NS = 200_000_000;
/** The same where nothing of it shows before the end: as seldom as a prober takes. */
export const UNSEEN_TELL_NS = 1_000_000_000;
/** Source ports that a path can name one by one. */
export const MOST_NAMED_PORTS = 64;
/** Within which those of a plan lie, and so many of them it names at most. */
export const NAMED_PORTS_SPAN = 4096;
/** Probers claim source ports against each other in blocks of so many: who takes one has its neighbours too. */
export const PORT_BLOCK = 64;
export const DEFAULT_INTERVAL_NS = 10_000_000;
/** Port-unreachable messages are limited to about one a second per peer by most kernels. */
export const DEFAULT_UDP_INTERVAL_NS = 1_000_000_000;
export const DEFAULT_WAIT_NS = 1_000_000_000;
export const DEFAULT_MATCH_NS = 30_000_000_000;
/** Of a SYN path of a bisection, where several cross each machine. */
export const DEFAULT_FLOWS = 16;
/** Of one alone: 35 random ports cross one of 8 receive queues with 99 %. */
export const DEFAULT_PROBE_FLOWS = 40;
export const DEFAULT_FRESH_PER_SECOND = 5;
export const DEFAULT_MAX_PACKETS_PER_SECOND = 1_000;
/** Requests a second to one server, all its URLs together. */
export const DEFAULT_REQUESTS_PER_SECOND = 10;
