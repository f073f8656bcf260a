import type { PathTotals } from '../model/engine-event.js';
import { present } from '../model/present.js';
import type { Coverage, Summary } from '../model/summary.js';
import { LogHistogram } from '../stats/log-histogram.js';
import { Failures } from './failures.js';
import type { PlainRun } from './plain-answers.js';
import type { RequestMeasure } from './request-measure.js';
import { summarizeTimes } from './time-summary.js';
import { TimesByStamps } from './times-by-stamps.js';

/** What was counted and measured on one path, in memory that does not depend on the number of samples. */
export class PathMeasure {
  /** RTTs of all answers, late ones included; to 0.1 %. */
  readonly rtt = new LogHistogram(9);
  /** sent - due; to 0.4 %. */
  readonly sendError = new LogHistogram(7);
  readonly stamps = new TimesByStamps();
  received = 0;
  late = 0;
  lost = 0;
  sendFailed = 0;
  errors = 0;
  rateLimited = 0;
  readonly failures = new Failures();
  /** Where the probes are whole requests. */
  requests: RequestMeasure | undefined;

  /** Counts answers that are as usual. */
  answers({ length, stamps, rttNs, sendErrorNs }: PlainRun): void {
    this.received += length;
    this.sendError.recordAll(sendErrorNs, length);
    this.stamps.recordAll(rttNs, length, stamps);
    this.rtt.recordAll(rttNs, length);
  }
}

/** What a summary says beside counts and distributions. */
export interface PathFindings {
  /** Lost only because the method sent again before the first answer. */
  readonly unanswerable: number;
  readonly stalls: number;
  readonly spikes: number;
  readonly slowBelowThreshold: Summary['slowBelowThreshold'] | undefined;
  readonly selfInflicted: number;
  readonly stallPeriodNs: number | null;
  readonly detectableStallNs: number;
  readonly coverage: Coverage | null;
}

/**
 * The summary of a path. Counts are those of the prober where it gave them, as samples may have been dropped on the
 * way; else those of the samples, which know neither of probes still in flight, of slots never sent, nor of further replies.
 */
export function summarize(path: string, measure: PathMeasure, found: PathFindings, totals?: PathTotals): Summary {
  const answered = measure.received + measure.lost + measure.errors + measure.rateLimited;
  const counts = totals ?? { ...measure, sent: answered, inFlight: 0, duplicates: 0, missedSlots: 0 };
  const { sent, received, late, lost, inFlight, sendFailed, errors, duplicates, missedSlots } = counts;
  // A prober that does not know of rate limits counts those probes among the lost.
  const unanswerable = Math.min(found.unanswerable, lost);
  const settled = sent - inFlight - measure.rateLimited - unanswerable;
  const unanswered = lost + errors - unanswerable;
  return {
    type: 'summary',
    path,
    sent,
    received,
    late,
    lost,
    inFlight,
    sendFailed,
    errors,
    rateLimited: measure.rateLimited,
    unanswerable,
    ...measure.failures.told(),
    duplicates,
    missedSlots,
    lossRatio: settled > 0 ? Math.min(1, Math.max(0, unanswered / settled)) : 0,
    rttNs: summarizeTimes(measure.rtt),
    ...present({ rttByStamps: measure.stamps.told() }),
    ...(measure.requests === undefined ? {} : { requests: measure.requests.told() }),
    stalls: found.stalls,
    spikes: found.spikes,
    ...present({ slowBelowThreshold: found.slowBelowThreshold }),
    selfInflicted: found.selfInflicted,
    stallPeriodNs: found.stallPeriodNs,
    sendErrorNs: {
      p50: measure.sendError.quantile(0.5),
      p99: measure.sendError.quantile(0.99),
      max: Math.round(measure.sendError.max),
    },
    detectableStallNs: found.detectableStallNs,
    coverage: found.coverage,
  };
}
