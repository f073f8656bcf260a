import { formatClockTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { printable, printableValue } from '../../format/printable.js';
import type { Culprit } from '../../model/culprit.js';
import type { Explanation } from '../../model/explanation.js';
import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';
import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Summary } from '../../model/summary.js';
import type { Incident, Verdict } from '../../model/verdict.js';
import { findingLine, outageLine } from '../probe/finding-line.js';
import { verdictText } from './verdict-text.js';

/** What happens in a bisection, as text; the methods are called in this order, the middle ones often. */
export interface BisectReporter {
  /** A vantage has started; `run.epochNs` is the same for all. */
  vantage(name: string, run: RunRecord): string;
  /** Samples as they come, for who wants them; `paths` are the numbers of their paths among all of the bisection. */
  samples?(samples: SampleColumns, paths: readonly number[]): void;
  finding(finding: Finding): string;
  /** A path went silent, or answers again. */
  outage?(outage: Outage): string;
  incident(incident: Incident): string;
  /** A vantage has ended, for who wants to know how well it measured. */
  ended?(name: string, quality: QualityRecord): void;
  /** Seen by the kernel of a traced machine. */
  culprit(culprit: Culprit): string;
  /** @param explanation of the incidents since a machine was traced */
  verdict(verdict: Verdict, summaries: readonly Summary[], explanation?: Explanation): string;
}

export interface BisectReportOptions {
  readonly quiet: boolean;
  readonly explain: boolean;
  readonly thresholdNs: number;
  readonly zone?: string;
}

export type BisectFormat = 'text' | 'json' | 'ndjson';

export function createBisectReporter(format: BisectFormat, options: BisectReportOptions): BisectReporter {
  switch (format) {
    case 'text':
      return text(options);
    case 'json':
      return json();
    case 'ndjson':
      return ndjson();
  }
}

/** Findings kept for the document; a run that finds more says how many it left out. */
const FINDINGS_KEPT = 100_000;

/** One document at the end. */
function json(): BisectReporter {
  const runs: RunRecord[] = [];
  const findings: Finding[] = [];
  const incidents: Incident[] = [];
  const culprits: Culprit[] = [];
  let findingsLeftOut = 0;
  return {
    vantage: (name, run) => {
      runs.push({ ...run, vantage: name });
      return '';
    },
    finding: (finding) => {
      if (findings.length < FINDINGS_KEPT) findings.push(finding);
      else findingsLeftOut += 1;
      return '';
    },
    incident: (incident) => {
      incidents.push(incident);
      return '';
    },
    culprit: (culprit) => {
      culprits.push(culprit);
      return '';
    },
    verdict: (verdict, summaries, explanation) => {
      const traced = explanation === undefined ? {} : { explanation, culprits };
      const document = { verdict, runs, summaries, incidents, findings, findingsLeftOut, ...traced };
      return `${JSON.stringify(document, null, 2)}\n`;
    },
  };
}

function ndjson(): BisectReporter {
  const line = (value: object): string => `${JSON.stringify(value)}\n`;
  return {
    vantage: (name, run) => line({ ...run, vantage: name }),
    finding: line,
    outage: line,
    incident: line,
    culprit: line,
    verdict: (verdict, summaries, explanation) =>
      [...summaries, ...(explanation ? [explanation] : []), verdict].map(line).join(''),
  };
}

function text(options: BisectReportOptions): BisectReporter {
  let epochNs = 0n;
  const shown = (words: string): string => (options.quiet ? '' : words);
  return {
    vantage: (name, run) => {
      epochNs = BigInt(run.epochNs);
      return shown(
        `${printable(name)}: ${count(run.paths.length, 'path')}, ${Math.round(run.footprint.packetsPerSecond)} packets/s, ` +
          `about ${Math.round(run.footprint.conntrackEntries)} conntrack entries\n`,
      );
    },
    // An incident tells what its findings have in common; what belongs to none is told by itself.
    finding: (finding) =>
      finding.selfInflicted ? shown(`${findingLine(finding, epochNs, options.thresholdNs, options.zone)}\n`) : '',
    outage: (outage) => shown(`${outageLine(outage, epochNs, options.zone)}\n`),
    incident: (incident) => shown(`${incidentLine(printableValue(incident), epochNs, options.zone)}\n`),
    // Those that explain incidents come with the verdict.
    culprit: () => '',
    verdict: (verdict) => `\n${verdictText(verdict, options.explain)}`,
  };
}

function incidentLine(incident: Incident, epochNs: bigint, zone: string | undefined): string {
  const time = formatClockTime(epochNs + BigInt(Math.round(incident.release)), zone);
  const length = formatLength(incident.release - (incident.startMin + incident.startMax) / 2);
  const spared = incident.exposed.length === 0 ? '' : `; ${count(incident.exposed.length, 'other')} passed`;
  return `${time}  incident ${length}: ${someOf(incident.paths)} held${spared} → ${incident.cause}`;
}

/** Up to three of them by name. */
function someOf(paths: readonly string[]): string {
  const named = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${named} and ${paths.length - 3} more` : named;
}
