/** One answered probe that took longer than its path usually takes, taken out of the tail for judgement. */
export interface ProbeDelay {
  /** In the tail of its path. */
  readonly place: number;
  readonly sentNs: number;
  readonly rttNs: number;
  /** sent + rtt: the instant of release. */
  readonly arrivalNs: number;
  /** RTT above the running median of the path. */
  readonly excessNs: number;
  /** Of the plan; FRESH_FLOW for a source port of its own. */
  readonly flow: number;
  /** Send instant of the probe of the same flow answered before this one; below 0 for none. */
  readonly previousNs: number;
  /** Who stamped its arrival: the place in `RECEIVED_STAMPS`. */
  readonly stamp: number;
}

/** What a path is judged by at one moment. */
export interface Level {
  /** Running median of the RTT; 0 for a censored series, whose usual RTT is not known. */
  readonly medianNs: number;
  /** Excess over the median from which on a probe was held. */
  readonly holdNs: number;
  /** Excess that the slowest probe of a stall must have. */
  readonly stallNs: number;
  /** What the user calls slow. */
  readonly thresholdNs: number;
  /** Absolute RTT from which on a probe calls for judgement: see {@link spikeLevelNs}. */
  readonly spikeNs: number;
  /** How far the releases of one queue may lie apart. */
  readonly spreadNs: number;
}

export const bySent = (a: ProbeDelay, b: ProbeDelay): number => a.sentNs - b.sentNs;
export const byArrival = (a: ProbeDelay, b: ProbeDelay): number => a.arrivalNs - b.arrivalNs;
