import type { Finding, FindingKind } from '../../model/finding.js';
import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { Summary } from '../../model/summary.js';
import type { Incident, Verdict } from '../../model/verdict.js';
import type { SamplePoints } from './sample-points.js';

/** The plot of one path. */
export interface PathPlot {
  readonly path: string;
  /** Samples of the path in the recording. */
  readonly samples: number;
  readonly points: SamplePoints;
  /** Apart from what surrounds findings, so much time is drawn by its first, last, lowest and highest sample. */
  readonly bucketNs: number;
}

/** What held a CPU while packets waited for it, as the tracer of a machine saw it. Instants are those of the wait. */
export interface Culprit {
  readonly fromNs: number;
  readonly toNs: number;
  readonly machine: string;
  /** Process and system call. */
  readonly headline: string;
  /** `had CPU 1 for 174.1 of the 175.0 ms that packets waited`. */
  readonly held: string;
  readonly details: readonly string[];
  /** Of the kernel, innermost first. */
  readonly stack: readonly string[];
}

/** A bounded list: the weightiest of many. */
export interface Kept<T> {
  /** In the order of time. */
  readonly shown: readonly T[];
  readonly leftOut: number;
}

/** All that a report shows. Instants are nanoseconds since `epochNs`. */
export interface ReportDocument {
  /** Of the rxray that made the report. */
  readonly version: string;
  /** Name of the recording. */
  readonly file: string;
  readonly command: string;
  readonly epochNs: string;
  /** First and last probe. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly thresholdNs: number;
  /** One for each vantage. */
  readonly runs: readonly RunRecord[];
  /** `null` for a recording of probe, which has none. */
  readonly verdict: Verdict | null;
  readonly summaries: readonly Summary[];
  readonly qualities: readonly { readonly vantage: string; readonly quality: QualityRecord }[];
  readonly incidents: Kept<Incident>;
  readonly findings: Kept<Finding>;
  readonly findingCounts: Readonly<Record<FindingKind, number>>;
  readonly culprits: readonly Culprit[];
  readonly plots: readonly PathPlot[];
  /** Paths for which there was no room. */
  readonly plotsLeftOut: readonly string[];
  /** Samples in the recording. */
  readonly samples: number;
  /** What was wrong with the recording itself. */
  readonly warnings: readonly string[];
}
