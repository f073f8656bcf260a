import { MS } from '../model/time.js';

/** A probe counts as held from this excess over the running median on, where the path is quiet. */
export const LEAST_HOLD_NS = 1 * MS;

/** What the smallest stall that is certain to be found depends on. */
export interface StallVisibility {
  readonly thresholdNs: number;
  /** From one probe of the path to the next; where slots were missed, the longest distance there was. */
  readonly intervalNs: number;
  /** Fixed source ports visited in turn: F. */
  readonly flows: number;
  /** How many of them cross the stalled queue: k. 1 is the worst case. */
  readonly flowsOnQueue?: number;
  /** Excess that tells a held probe from a slow one; 1 ms by default, more on a noisy path. */
  readonly leastHoldNs?: number;
}

/**
 * The shortest stall that is certain to be found as a stall, whatever its phase.
 *
 * Probes cross the queue P = F·I/k apart. One of them must be held for longer than the threshold, which is certain
 * from D ≥ threshold + P on. A single held probe cannot be told from a delayed packet (it reads as an rtt-spike),
 * so a second one must be held for at least `leastHoldNs`: D ≥ 2 P + leastHold. Both must hold; the second counts
 * only where P is longer than the threshold, as in a sweep over 16 flows at 10 ms.
 *
 * @returns nanoseconds
 */
export function detectableStallNs(visibility: StallVisibility): number {
  const { thresholdNs, intervalNs, flows, flowsOnQueue = 1, leastHoldNs = LEAST_HOLD_NS } = visibility;
  const spacingNs = (intervalNs * flows) / flowsOnQueue;
  return Math.round(Math.max(thresholdNs + spacingNs, 2 * spacingNs + leastHoldNs));
}
