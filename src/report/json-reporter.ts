import type { Finding } from '../model/finding.js';
import type { RunRecord } from '../model/run-record.js';
import type { Reporter } from './reporter.js';

/** Findings kept for the document; a run that finds more says how many it left out. */
const FINDINGS_KEPT = 100_000;

/** One document at the end, without the samples. */
export function createJsonReporter(): Reporter {
  let run: RunRecord | undefined;
  const findings: Finding[] = [];
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
    end: ({ summaries, quality, durationNs }) =>
      `${JSON.stringify({ ...run, durationNs, quality, summaries, findings, findingsLeftOut }, null, 2)}\n`,
  };
}
