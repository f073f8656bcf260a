import type { Family } from '../../hosts/resolve-address.js';
import type { FindingKind } from '../../model/finding.js';
import type { TimestampChoice } from '../../model/plan.js';
import type { Protocol } from '../../model/protocol.js';
import type { ReportFormat } from '../../model/report-format.js';
import type { RecordingOptions } from '../recording/recording-options.js';

/** The options of `probe`, checked and in the project's units. */
export interface ProbeOptions extends RecordingOptions {
  /** As typed: names from hosts.yaml, host names, addresses, each with `:PORT` if wanted. */
  readonly targets: readonly string[];
  /** Empty: decided by target, SYN where there is a port. */
  readonly protocols: readonly Protocol[];
  readonly port?: number;
  /** Default by protocol. */
  readonly intervalNs?: number;
  readonly thresholdNs: number;
  /** 0 means no limit. */
  readonly count: number;
  readonly durationNs: number;
  readonly waitNs: number;
  readonly flows?: number;
  readonly freshPerSecond?: number;
  readonly family: Family;
  readonly interface?: string;
  readonly ttl?: number;
  readonly timestamps: TimestampChoice;
  readonly cpu: 'auto' | 'none' | number;
  readonly maxPacketsPerSecond: number;
  readonly engine: 'auto' | 'helper' | 'portable' | 'connect' | 'sim';
  /** For engine `sim`. */
  readonly scenario?: string;
  /** Probe from this network namespace instead of this one. */
  readonly netns?: string;
  readonly hosts?: string;
  readonly format: ReportFormat;
  readonly output?: string;
  readonly quiet: boolean;
  readonly failOn: readonly FindingKind[];
  readonly onStall?: string;
  /** Draw the run on the terminal; results are printed when it has ended. */
  readonly live: boolean;
  /** Draw with plain characters. */
  readonly ascii: boolean;
}
