import type { Hosts } from '../../hosts/hosts-file.js';
import type { Family } from '../../hosts/resolve-address.js';
import type { SendingEngine } from '../../model/engine-name.js';
import type { Judging } from '../../model/judging.js';
import type { BisectFormat } from '../../report/bisect/bisect-reporter.js';
import type { RecordingOptions } from '../recording/recording-options.js';

/** The options of `bisect`, checked and in the project's units. */
export interface BisectOptions extends RecordingOptions, Judging {
  /** A target to guess paths for; without it the hosts file says what to measure. */
  readonly target?: string | undefined;
  readonly port?: number | undefined;
  readonly hosts?: string | undefined;
  /** Hosts that no file has, with what is to be said of them. */
  readonly found?: { readonly hosts: Hosts; readonly notes: readonly string[] } | undefined;
  /** From packet to packet of a path, by default 10 ms. */
  readonly intervalNs?: number | undefined;
  readonly thresholdNs: number;
  /** At most so long, 0 without an end; ends earlier when the verdict is settled, unless `fixedDuration`. */
  readonly durationNs: number;
  /** Measure the whole duration, settled or not. */
  readonly fixedDuration: boolean;
  /** Patterns of path names; empty means all. `*` stands for anything. */
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly family: Family;
  /** Trace the kernel of the machine that the verdict comes to blame, where a vantage is on it. */
  readonly trace: boolean;
  /** Machines that are suspected already: their kernels are traced from the beginning. */
  readonly suspects?: readonly string[] | undefined;
  /** Print what would be measured and what it could tell; send nothing. */
  readonly plan: boolean;
  /** Print every term that moved the posterior by more than a factor of 2. */
  readonly explain: boolean;
  readonly json: boolean;
  /** Default by `json`: NDJSON or text. */
  readonly format?: BisectFormat | undefined;
  readonly quiet: boolean;
  /** Of the vantages on this machine; those elsewhere always use the native helper. */
  readonly engine?: SendingEngine | undefined;
  readonly cpu: 'auto' | 'none' | number;
  /** The program by which pods are reached, by default `kubectl`. */
  readonly kubectl?: string | undefined;
  readonly output?: string | undefined;
  /** Draw the run on the terminal; the verdict is printed when it has ended. */
  readonly live: boolean;
  /** Draw with plain characters. */
  readonly ascii: boolean;
}
