import type { Exchange } from '../capture/exchange.js';

export type ProbedProtocol = 'icmp' | 'syn';

/** A probe as a tool reports it, by the number the tool gives it, from 0. */
export interface ReportedProbe {
  readonly number: number;
  readonly rttNs: number;
}

export interface ToolReport {
  readonly probes: readonly ReportedProbe[];
  /** Which probe each exchange of a capture is, by the tool's numbers. */
  numbered(exchanges: readonly Exchange[]): Map<number, Exchange>;
  /** CLOCK_REALTIME at which each probe was planned, where the tool tells it. */
  readonly dueRealNs?: ReadonlyMap<number, bigint>;
  /** How late it woke for each probe, where it tells. */
  readonly wokeLateNs?: readonly number[];
}

export interface ToolRun {
  readonly pid: number;
  /** Rejects when the tool failed. */
  readonly ended: Promise<ToolReport>;
  stop(): void;
}

/** A tool that probes every 10 ms, as a user would start it. */
export interface ProbingTool {
  readonly name: string;
  /** The command line, for people. */
  readonly command: (protocol: ProbedProtocol) => string;
  readonly protocols: readonly ProbedProtocol[];
  /** Starts it for so long; it ends by itself even if the bench dies. */
  start(netns: string, target: string, protocol: ProbedProtocol, seconds: number): ToolRun;
}

export const INTERVAL_NS = 10_000_000;
