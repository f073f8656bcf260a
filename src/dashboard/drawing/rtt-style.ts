import type { Style } from './line.js';

/** Below this share of the threshold an RTT is nothing to look at. */
const WARN_SHARE = 0.5;

/** Green, yellow from half of the threshold, red from the threshold on. */
export function rttStyle(rttNs: number, thresholdNs: number): Style {
  if (thresholdNs > 0 && rttNs >= thresholdNs) return 'bad';
  return thresholdNs > 0 && rttNs >= WARN_SHARE * thresholdNs ? 'warn' : 'ok';
}
