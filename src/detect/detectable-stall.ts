import { MS } from '../model/time.js';

/** A probe counts as held from this excess over the running median on, where the path is quiet. */
export const LEAST_HOLD_NS = 1 * MS;

/** What the smallest stall that is certain to be found depends on. */
export interface StallVisibility {
  /** Excess that the slowest probe of a stall must have. */
  readonly stallNs: number;
  /** From one probe that crosses the queue to the next: for a stall of the whole host that of the path. */
  readonly intervalNs: number;
  /** The longest distance there was between two of them, where slots were missed or answers lost. */
  readonly widestGapNs?: number;
  /** Excess that tells a held probe from a slow one; 1 ms by default, more on a noisy path. */
  readonly leastHoldNs?: number;
}

/**
 * The shortest stall that is certain to be found, whatever its phase, where each probe of the path meets it.
 *
 * The first held probe must wait for `stallNs`, which is certain once a gap lies before; and two more must be held for
 * at least `leastHoldNs`, as three probes with one release make a stall.
 *
 * @returns nanoseconds
 */
export function detectableStallNs(visibility: StallVisibility): number {
  const { stallNs, intervalNs, leastHoldNs = LEAST_HOLD_NS } = visibility;
  const gapNs = Math.max(intervalNs, visibility.widestGapNs ?? 0);
  return Math.round(gapNs + Math.max(stallNs, 2 * intervalNs + leastHoldNs));
}
