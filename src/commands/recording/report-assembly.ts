import { basename } from 'node:path';
import { packageVersion } from '../../installation/version.js';
import type { Culprit } from '../../model/culprit.js';
import type { Finding, FindingKind } from '../../model/finding.js';
import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Summary } from '../../model/summary.js';
import type { Incident, Verdict } from '../../model/verdict.js';
import type { BisectReporter } from '../../report/bisect/bisect-reporter.js';
import { accusedText, heldText } from '../../report/bisect/culprit-text.js';
import { LongestKept } from '../../report/document/longest-kept.js';
import { PlotCollector } from '../../report/document/plot-collector.js';
import type { ReportDocument, Culprit as ShownCulprit } from '../../report/document/report-document.js';

/** Findings and incidents kept: what marks held probes and stands in tables. */
const MOST_FINDINGS = 10_000;
const MOST_INCIDENTS = 2_000;
const MOST_CULPRITS = 200;

export interface ReportAbout {
  readonly file: string;
  readonly command: string;
  readonly thresholdNs: number;
  /** In the order in which samples number them. */
  readonly paths: readonly string[];
}

/** Gathers a report from a replay, in memory that does not grow with the recording. Prints nothing. */
export class ReportAssembly implements BisectReporter {
  readonly #plots: PlotCollector;
  readonly #runs: RunRecord[] = [];
  readonly #qualities: { vantage: string; quality: QualityRecord }[] = [];
  readonly #findings = new LongestKept<Finding>(MOST_FINDINGS, weightOf, ({ release }) => release);
  readonly #incidents = new LongestKept<Incident>(
    MOST_INCIDENTS,
    ({ startMin, release }) => release - startMin,
    ({ release }) => release,
  );
  readonly #culprits = new LongestKept<ShownCulprit>(
    MOST_CULPRITS,
    ({ fromNs, toNs }) => toNs - fromNs,
    ({ fromNs }) => fromNs,
  );
  readonly #counts: Record<FindingKind, number> = {
    stall: 0,
    'slow-drain': 0,
    congestion: 0,
    'rtt-spike': 0,
    'loss-episode': 0,
    'syn-retransmission': 0,
    'next-probe-release': 0,
    'tcp-wait': 0,
  };
  #lastCulprit: ShownCulprit | undefined;
  #verdict: Verdict | null = null;
  #summaries: readonly Summary[] = [];

  constructor(private readonly about: ReportAbout) {
    this.#plots = new PlotCollector(about.paths);
  }

  vantage(name: string, run: RunRecord): string {
    this.#runs.push({ ...run, vantage: name });
    return '';
  }

  samples(samples: SampleColumns, paths?: readonly number[]): void {
    this.#plots.samples(samples, paths);
  }

  finding(finding: Finding): string {
    this.#plots.finding(finding);
    this.#findings.add(finding);
    if (!finding.selfInflicted) this.#counts[finding.kind] += 1;
    return '';
  }

  incident(incident: Incident): string {
    this.#incidents.add(incident);
    return '';
  }

  ended(vantage: string, quality: QualityRecord): void {
    this.#qualities.push({ vantage, quality });
  }

  /** What a tracer saw; a report without has no such section. */
  culprit(culprit: Culprit): string {
    const { start, release, vantage = '', stack, because, fix, class: kind } = culprit;
    if (kind === 'unattributed') return '';
    const shown: ShownCulprit = {
      fromNs: start,
      toNs: release,
      machine: vantage,
      headline: `${accusedText(culprit)} (${kind})`,
      held: heldText(culprit),
      details: [because, `what would help: ${fix}`],
      stack,
    };
    // Several queues that waited for the same one at the same time are told once, by the longest wait.
    const last = this.#lastCulprit;
    const same = last !== undefined && last.headline === shown.headline && last.machine === shown.machine;
    if (same && start < last.toNs) {
      if (shown.toNs - shown.fromNs > last.toNs - last.fromNs) this.#lastCulprit = shown;
      return '';
    }
    if (last !== undefined) this.#culprits.add(last);
    this.#lastCulprit = shown;
    return '';
  }

  verdict(verdict: Verdict, summaries: readonly Summary[]): string {
    this.#verdict = verdict;
    this.#summaries = summaries;
    return '';
  }

  /** Of a recording of probe, which has no verdict. */
  end(summaries: readonly Summary[]): void {
    this.#summaries = summaries;
  }

  /** @param warnings what was wrong with the recording itself */
  document(warnings: readonly string[]): ReportDocument {
    const { command, thresholdNs } = this.about;
    if (this.#lastCulprit !== undefined) this.#culprits.add(this.#lastCulprit);
    this.#lastCulprit = undefined;
    const findings = this.#findings.kept();
    const { plots, leftOut } = this.#plots.plots(findings.shown);
    return {
      version: packageVersion(),
      file: basename(this.about.file),
      command,
      epochNs: this.#runs[0]?.epochNs ?? '0',
      ...this.#plots.extent,
      thresholdNs,
      runs: this.#runs,
      verdict: this.#verdict,
      summaries: this.#summaries,
      qualities: this.#qualities,
      incidents: this.#incidents.kept(),
      findings,
      findingCounts: this.#counts,
      culprits: this.#culprits.kept().shown,
      plots,
      plotsLeftOut: leftOut,
      warnings,
    };
  }
}

/** What convicts nobody gives way first. */
function weightOf(finding: Finding): number {
  return (finding.release - finding.startMin) * (finding.selfInflicted ? 1e-3 : 1);
}
