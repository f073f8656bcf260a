import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';
import type { PathRecord, QualityRecord, RunRecord } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Summary } from '../../model/summary.js';

/** What is known when a run has ended. */
export interface RunResult {
  readonly summaries: readonly Summary[];
  readonly quality: QualityRecord;
  readonly durationNs: number;
}

/**
 * Turns what happens in a run into text, in the order of the methods; each returns what to print then, with
 * its line ends, or ''. Pure: a reporter knows no terminal and no clock.
 */
export interface Reporter {
  /** `run.paths` grows when paths show themselves later, as in an import. */
  start(run: RunRecord): string;
  /** Such a path, before its first sample. */
  path?(path: PathRecord): string;
  samples(samples: SampleColumns): string;
  finding(finding: Finding): string;
  /** A path went silent, or answers again; a finding tells the whole when it is over. */
  outage?(outage: Outage): string;
  /** Where the probes of the finding before waited, where that is known. */
  arrivals?(arrivals: ArrivalsRecord): string;
  end(result: RunResult): string;
}
