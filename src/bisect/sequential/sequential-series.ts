import type { Finding } from '../../model/finding.js';
import type { MeasuredPath } from '../../model/measured-path.js';
import { SECOND } from '../../model/time.js';
import type { Hypothesis } from '../causes/hypothesis.js';

/** One path measured by itself, at another time than the others; of its probes maybe only the slow ones are known. */
export interface SequentialSeries {
  readonly path: MeasuredPath;
  /** Null where nobody knows how long it ran: then at least until its last finding. */
  readonly durationNs: number | null;
  /** Only probes above it were printed. */
  readonly thresholdNs: number;
  /** Each probe had a source port of its own. */
  readonly freshPorts: boolean;
  readonly findings: readonly Finding[];
}

/** One series in numbers. */
export interface SeriesCount {
  readonly series: SequentialSeries;
  readonly seconds: number;
  readonly events: number;
  /** Those of several probes with one release. */
  readonly stalls: number;
  /** Probes that must exceed the threshold too if everything waits: one an interval while the excess lasts. */
  readonly followersExpected: number;
  readonly followersSeen: number;
}

/** How one hypothesis fares with every series. */
export interface SequentialScore {
  readonly hypothesis: Hypothesis;
  readonly bySeries: readonly number[];
  /** Log-likelihood, without prior. */
  readonly total: number;
  /** That of the variant and number of queues that fit best. */
  readonly bestScore: number;
}

/** Counts what a series shows. Self-inflicted findings and losses are left out. */
export function countSeries(series: SequentialSeries): SeriesCount {
  const { findings, path, thresholdNs, durationNs } = series;
  const last = Math.max(0, ...findings.map(({ release }) => release));
  const counted = findings.filter(
    ({ kind, selfInflicted }) =>
      !selfInflicted && kind !== 'loss-episode' && kind !== 'syn-retransmission' && kind !== 'next-probe-release',
  );
  let [expected, seen] = [0, 0];
  for (const { peakRttNs, probesAboveThreshold } of counted) {
    const followers = Math.floor((peakRttNs - thresholdNs) / path.intervalNs);
    expected += Math.max(0, followers);
    seen += Math.min(Math.max(0, followers), Math.max(0, probesAboveThreshold - 1));
  }
  return {
    series,
    seconds: Math.max(1, (durationNs ?? last) / SECOND),
    events: counted.length,
    stalls: counted.filter(({ kind }) => kind === 'stall').length,
    followersExpected: expected,
    followersSeen: seen,
  };
}
