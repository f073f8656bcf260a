import { createDetectorBank, type DetectedPath, type DetectorBank } from '../../detect/detector-bank.js';
import { packageVersion } from '../../installation/version.js';
import type { PathTotals, TimestampSource } from '../../model/engine-event.js';
import type { Finding } from '../../model/finding.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';
import { type QualityRecord, type RunPath, type RunRecord, SCHEMA } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Summary } from '../../model/summary.js';
import { createReporter } from '../../report/probe/create-reporter.js';
import { EXIT } from '../run/exit-status.js';
import type { FileProgress } from '../terminal/file-progress.js';
import type { Io } from '../terminal/io.js';
import type { ImportOptions } from './import-options.js';

/** Paths whose statistics are shown to people; a capture may have thousands. */
const PATHS_SHOWN = 12;

/** Whose output is imported. */
export interface ImportAbout {
  readonly files: readonly string[];
  /** In words: `a capture`, `printed by hping3`. */
  readonly tool: string;
  readonly timestamps: TimestampSource;
  /** CLOCK_REALTIME of the instant that instants count from; 0 where the files do not tell. */
  readonly epochNs: bigint;
}

/** What is known at the end of an import. */
export interface ImportEnd {
  readonly durationNs: number;
  readonly totals: readonly PathTotals[];
  readonly notes: readonly string[];
  readonly clockSteps: number;
  readonly dropped: number;
  readonly cutOff: boolean;
  /** Corrects what only the importer knows of a path. */
  readonly correct?: (summary: Summary) => Summary;
}

/** Samples of an import on their way through detectors and reporter. What is to be printed waits for {@link drain}. */
export class ImportRun {
  readonly bank: DetectorBank;
  readonly #reporter;
  readonly #paths: RunPath[] = [];
  #waiting: string[] = [];
  #run: RunRecord | undefined;
  #found = false;
  #deferred: ((finding: Finding) => void) | undefined;

  /** @param io whose `out` is where the results go */
  constructor(
    private readonly options: ImportOptions,
    private readonly io: Io,
    private readonly progress: FileProgress,
  ) {
    this.bank = createDetectorBank([], { thresholdNs: options.thresholdNs, waitNs: options.waitNs });
    this.#reporter = createReporter(options.format, { quiet: options.quiet });
  }

  /** Findings go there instead of being printed: more is to be known of them, see {@link tell}. */
  deferTo(deferred: (finding: Finding) => void): void {
    this.#deferred = deferred;
  }

  /** Prints a finding and where its probes waited. */
  tell(finding: Finding, arrivals: readonly ArrivalsRecord[]): void {
    this.#print(this.#reporter.finding(finding));
    for (const record of arrivals) this.#print(this.#reporter.arrivals?.(record) ?? '');
  }

  /** Takes findings that no detector of samples can make. */
  found(findings: readonly Finding[]): void {
    this.#report(findings);
  }

  get started(): boolean {
    return this.#run !== undefined;
  }

  /** @param paths those that are known from the start */
  start(about: ImportAbout, paths: readonly RunPath[] = []): void {
    this.#paths.push(...paths);
    this.#run = {
      type: 'run',
      schema: SCHEMA,
      version: packageVersion(),
      command: 'import',
      epochNs: String(about.epochNs),
      engine: 'import',
      timestamps: about.timestamps,
      clock: about.epochNs === 0n ? 'from the first probe' : 'CLOCK_REALTIME of the machine that measured',
      host: { name: 'unknown', kernel: 'unknown', machine: 'unknown' },
      options: { ...this.options },
      thresholdNs: this.options.thresholdNs,
      waitNs: this.options.waitNs,
      scheduling: 'other',
      memoryLocked: false,
      cpu: null,
      paths: this.#paths,
      imported: { files: [...about.files], tool: about.tool },
      footprint: { packetsPerSecond: 0, conntrackEntries: 0 },
    };
    this.#print(this.#reporter.start(this.#run));
  }

  /** A path that shows itself now. */
  addPath(index: number, detected: DetectedPath, path: RunPath): void {
    this.bank.add(index, detected);
    this.#paths[index] = path;
    this.#print(this.#reporter.path?.({ type: 'path', ...path }) ?? '');
  }

  samples(samples: SampleColumns): void {
    const findings = this.bank.push(samples);
    this.#print(this.#reporter.samples(samples));
    this.#report(findings);
  }

  /** Time has passed up to which all samples have come. */
  advance(nowNs: number): void {
    this.#report(this.bank.advance(nowNs));
  }

  /** Prints what waits. */
  async drain(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.progress.clear();
    await this.io.out(text);
  }

  /** The findings that only the end completes. */
  finish(nowNs: number): void {
    this.#report(this.bank.finish(nowNs));
  }

  /** @returns the exit status */
  async end(end: ImportEnd): Promise<number> {
    const all = this.bank.summaries(end.totals).map((summary) => end.correct?.(summary) ?? summary);
    const { shown, notes } = this.#choose(all);
    const quality = qualityOf(this.#run?.timestamps ?? 'user', end, [...end.notes, ...notes]);
    this.#print(this.#reporter.end({ summaries: shown, quality, durationNs: end.durationNs }));
    await this.drain();
    if (all.every((summary) => summary.received === 0)) {
      this.io.err('no reply at all in what was imported\n');
      return EXIT.found;
    }
    return this.#found ? EXIT.found : EXIT.completed;
  }

  /** Of many paths people are shown those with findings, then the busiest. */
  #choose(all: readonly Summary[]): { readonly shown: readonly Summary[]; readonly notes: readonly string[] } {
    if (this.options.format !== 'text' || all.length <= PATHS_SHOWN) return { shown: all, notes: [] };
    const weight = ({ stalls, spikes }: Summary): number => stalls * 1_000 + spikes;
    const shown = [...all].sort((a, b) => weight(b) - weight(a) || b.sent - a.sent).slice(0, PATHS_SHOWN);
    const note = `${all.length - PATHS_SHOWN} paths with fewer findings or probes are not shown; --json has all`;
    return { shown: all.filter((summary) => shown.includes(summary)), notes: [note] };
  }

  #report(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (this.options.failOn.includes(finding.kind) && !finding.selfInflicted) this.#found = true;
      if (this.#deferred) this.#deferred(finding);
      else this.tell(finding, []);
    }
  }

  #print(text: string): void {
    if (text !== '') this.#waiting.push(text);
  }
}

function qualityOf(timestamps: TimestampSource, end: ImportEnd, notes: readonly string[]): QualityRecord {
  return {
    type: 'quality',
    timestamps,
    pauses: 0,
    longestPauseNs: 0,
    missedSlots: 0,
    clockSteps: end.clockSteps,
    stealNs: 0,
    strays: 0,
    forged: 0,
    kernelDrops: end.dropped,
    droppedRecords: 0,
    sentStampsMissing: 0,
    cpuPerProbeNs: null,
    residentBytes: null,
    end: end.cutOff ? 'cut-off' : 'complete',
    notes: [...notes],
  };
}
