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
export interface DetectOptions {
  /** For stalls on the excess over the running median, for spikes on the RTT itself. Default 100 ms. */
  readonly thresholdNs: number;
  /** After which a probe counts as lost. */
  readonly waitNs: number;
}
