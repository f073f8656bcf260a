import { MS } from '../../model/time.js';

/** ping keeps its interval to some ticks of the kernel's clock. */
const LEAST_NS = 5 * MS;
const SHARE = 0.005;
/** Shorter intervals are kept by a timer that does not wait for ticks, but by a process that now and then comes late. */
const COARSE_INTERVAL_NS = 100 * MS;
const LATE_SHARE = 0.25;

/** How far from where its number places it a probe may have been sent, in a text without times. */
export function sendJitterNs(intervalNs: number): number {
  if (intervalNs < COARSE_INTERVAL_NS) return Math.min(LEAST_NS, Math.round(LATE_SHARE * intervalNs));
  return Math.max(LEAST_NS, Math.round(SHARE * intervalNs));
}
