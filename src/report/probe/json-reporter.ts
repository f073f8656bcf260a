import type { Finding } from '../../model/finding.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';
import type { RunRecord } from '../../model/records/run.js';
import type { Reporter } from './reporter.js';

/** Findings kept for the document; a run that finds more says how many it left out. */
const FINDINGS_KEPT = 100_000;

/** One document at the end, without the samples. */
export function createJsonReporter(): Reporter {
  let run: RunRecord | undefined;
  const findings: Finding[] = [];
  const arrivals: ArrivalsRecord[] = [];
  let findingsLeftOut = 0;
  return {
    start: (record) => {
      run = record;
      return '';
    },
    samples: () => '',
    finding: (finding) => {
      if (findings.length < FINDINGS_KEPT) findings.push(finding);
      else findingsLeftOut += 1;
      return '';
    },
    arrivals: (record) => {
      if (arrivals.length < FINDINGS_KEPT) arrivals.push(record);
      return '';
    },
    end: ({ summaries, quality, durationNs }) => {
      const seen = arrivals.length === 0 ? {} : { arrivals };
      return `${JSON.stringify({ ...run, durationNs, quality, summaries, findings, ...seen, findingsLeftOut }, null, 2)}\n`;
    },
  };
}
