import type { Family } from '../../hosts/resolve-address.js';
import type { ChoosableEngine } from '../../model/engine-name.js';
import type { FindingKind } from '../../model/finding.js';
import type { Judging } from '../../model/judging.js';
import type { TimestampChoice } from '../../model/plan.js';
import type { Protocol } from '../../model/protocol.js';
import type { ReportFormat } from '../../model/report-format.js';
import type { DnsWay } from '../../model/request.js';
import type { RecordingOptions } from '../recording/recording-options.js';

/** What is asked beside packets. */
export interface RequestOptions {
  readonly urls: readonly string[];
  /** `NAME` or `NAME@SERVER`, with `:PORT` if wanted. */
  readonly names: readonly string[];
  readonly method?: string | undefined;
  /** `Name: value`, as typed. */
  readonly headers: readonly string[];
  readonly body?: string | undefined;
  /** Requests a second of each path; by default ten to one server, all its paths together. */
  readonly rate?: number | undefined;
  readonly keepAlive: boolean;
  readonly http2: boolean;
  readonly insecure: boolean;
  /** Address that the URLs are asked at, whatever their name resolves to. */
  readonly connectTo?: string | undefined;
  readonly dnsWays: readonly DnsWay[];
  /** No SYN probes beside the requests. */
  readonly alone: boolean;
}

/** The options of `probe`, checked and in the project's units. */
export interface ProbeOptions extends RecordingOptions, Judging {
  /** As typed: names from hosts.yaml, host names, addresses, each with `:PORT` if wanted. */
  readonly targets: readonly string[];
  readonly requests: RequestOptions;
  /** Empty: decided by target, SYN where there is a port. */
  readonly protocols: readonly Protocol[];
  readonly port?: number | undefined;
  /** Default by protocol. */
  readonly intervalNs?: number | undefined;
  readonly thresholdNs: number;
  /** 0 means no limit. */
  readonly count: number;
  readonly durationNs: number;
  readonly waitNs: number;
  readonly flows?: number | undefined;
  readonly freshPerSecond?: number | undefined;
  readonly family: Family;
  readonly interface?: string | undefined;
  readonly ttl?: number | undefined;
  readonly timestamps: TimestampChoice;
  readonly cpu: 'auto' | 'none' | number;
  readonly maxPacketsPerSecond: number;
  readonly engine: 'auto' | ChoosableEngine;
  /** For engine `sim`. */
  readonly scenario?: string | undefined;
  /** Probe from this network namespace instead of this one. */
  readonly netns?: string | undefined;
  readonly hosts?: string | undefined;
  readonly format: ReportFormat;
  readonly output?: string | undefined;
  readonly quiet: boolean;
  readonly failOn: readonly FindingKind[];
  readonly onStall?: string | undefined;
  /** Draw the run on the terminal; results are printed when it has ended. */
  readonly live: boolean;
  /** Draw with plain characters. */
  readonly ascii: boolean;
}
