import { SECOND } from '../../model/time.js';

/** What a vantage saw is handed over up to this long after it happened. */
const LAG_NS = 3 * SECOND;
/** A vantage that is farther behind is not waited for: the others would never come to a verdict. */
const FARTHEST_BEHIND_NS = 60 * SECOND;

/**
 * Up to when nothing more is to come, so that incidents before can be closed. On a busy machine vantages are heard with
 * some seconds' difference; were incidents closed by the clock alone, what a slow one saw of a stall would become a
 * second incident of the same stall.
 *
 * @param heardNs of each vantage that still runs, the time of the newest that came from it
 */
export function closedTo(nowNs: number, heardNs: readonly number[]): number {
  const slowest = Math.min(nowNs, ...heardNs);
  return Math.max(slowest, nowNs - FARTHEST_BEHIND_NS) - LAG_NS;
}
