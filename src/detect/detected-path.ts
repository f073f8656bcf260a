import type { Judging } from '../model/judging.js';
import type { Protocol } from '../model/protocol.js';

/** What the detectors must know of a path; `PlannedPath` has all of it. */
export interface DetectedPath {
  /** `vantage>target/protocol`. */
  readonly name: string;
  /** From one probe of the path to the next, whatever the number of flows. */
  readonly intervalNs: number;
  /** Fixed source ports visited in turn, at least 1. */
  readonly flows: number;
  readonly protocol: Protocol;
  /** Further probes a second, each from a source port of its own. */
  readonly freshPerSecond: number;
  /**
   * Only probes above some RTT are in the series, as in the printed output of a filtered hping3: a missing one was
   * quick, or lost, and the usual RTT is not known. Excess then means the RTT itself, and a stall began at most
   * one interval before its first printed probe.
   */
  readonly censored?: boolean;
  /** So far off may send instants be: those of a text without times are reckoned. Releases spread by as much. */
  readonly sendJitterNs?: number;
}

/** What the user chose. */
export interface DetectOptions extends Judging {
  /** From which RTT on a probe is slow: what spikes are, and what is counted of a stall. Default 100 ms. */
  readonly thresholdNs: number;
  /** After which a probe counts as lost. */
  readonly waitNs: number;
}
