import type { RttSummary } from '../model/summary.js';
import type { LogHistogram } from '../stats/log-histogram.js';

/** A distribution as a summary tells it; null where there is none. */
export function summarizeTimes(rtt: LogHistogram): RttSummary | null {
  if (rtt.count === 0) {
    return null;
  }
  return {
    min: Math.round(rtt.min),
    p50: rtt.quantile(0.5),
    p90: rtt.quantile(0.9),
    p99: rtt.quantile(0.99),
    p999: rtt.quantile(0.999),
    max: Math.round(rtt.max),
    mean: Math.round(rtt.mean),
    stddev: Math.round(rtt.stddev),
  };
}
