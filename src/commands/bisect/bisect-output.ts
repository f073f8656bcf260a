import { printable } from '../../format/printable.js';
import type { Culprit } from '../../model/culprit.js';
import type { Explanation } from '../../model/explanation.js';
import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';
import { present } from '../../model/present.js';
import type { Summary } from '../../model/summary.js';
import type { Incident, Verdict } from '../../model/verdict.js';
import { type BisectStanding, bisectProgress } from '../../report/bisect/bisect-progress.js';
import { type BisectReporter, createBisectReporter } from '../../report/bisect/bisect-reporter.js';
import { accusedText, heldText } from '../../report/bisect/culprit-text.js';
import type { Io } from '../terminal/io.js';
import { LiveFeed } from '../terminal/live-feed.js';
import type { LiveView } from '../terminal/live-view.js';
import type { Output } from '../terminal/output.js';
import type { BisectOptions } from './bisect-options.js';
import type { VantageRun } from './vantage-run.js';

export interface BisectOutputOptions extends BisectOptions {
  readonly expectedPaths: number;
  readonly recorded: boolean;
  /** In place of the one of the format. */
  readonly reporter?: BisectReporter | undefined;
}

/** Where the verdict stands, with what takes its time to make. */
export interface ToldStanding extends Omit<BisectStanding, 'summaries'> {
  readonly settled: boolean;
  readonly summaries: () => readonly Summary[];
  readonly verdict: () => Verdict;
}

/**
 * Where a bisection puts what it learns: lines of a reporter, with a status below them on a terminal, or the dashboard.
 * What is drawn is not printed as well, unless a file is to have it; the verdict always is.
 */
export class BisectOutput {
  readonly reporter: BisectReporter;
  #live: LiveView | undefined;
  readonly #statusShown: boolean;
  #status: readonly string[] = [];
  #statusLines = 0;
  /** One after the other, in the order of being told; what came of the last one. */
  #printed: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(
    private readonly options: BisectOutputOptions,
    private readonly output: Output,
    private readonly io: Io,
    /** Called once when results cannot be written any more: {@link written} then rejects. */
    private readonly onFailure: () => void,
  ) {
    this.reporter =
      options.reporter ?? createBisectReporter(options.format ?? (options.json ? 'ndjson' : 'text'), options);
    this.#statusShown = io.errIsTerminal && !options.quiet && !options.live && !options.recorded;
  }

  /**
   * Draws the dashboard where it is asked for, which is loaded then only.
   *
   * @throws CodedError E_NO_TERMINAL where it cannot be drawn
   */
  async open(): Promise<void> {
    if (!this.options.live) return;
    const { LiveView } = await import('../terminal/live-view.js');
    const { expectedPaths, ascii } = this.options;
    this.#live = LiveView.open({ expectedPaths, ascii }, this.io);
  }

  /** Whether anybody sees where the verdict stands. */
  get showsStanding(): boolean {
    return this.#live !== undefined || this.#statusShown;
  }

  /** Takes the events of one vantage, for the dashboard. */
  feed(vantage: VantageRun): LiveFeed | undefined {
    const names = vantage.paths.map((path) => path.measured.name);
    this.#live?.take({ kind: 'vantage', vantage: vantage.name, state: 'starting' });
    return this.#live && new LiveFeed(this.#live, names, vantage, vantage.name);
  }

  vantage(vantage: VantageRun): void {
    if (vantage.run) this.#printUnlessDrawn(this.reporter.vantage(vantage.name, vantage.run));
  }

  vantageEnded({ name, state, why }: VantageRun): void {
    this.#live?.take({ kind: 'vantage', vantage: name, state, ...present({ why }) });
  }

  finding(finding: Finding): void {
    this.#printUnlessDrawn(this.reporter.finding(finding));
  }

  outage(outage: Outage): void {
    this.#printUnlessDrawn(this.reporter.outage?.(outage) ?? '');
  }

  incident(incident: Incident): void {
    this.#live?.take({ kind: 'incident', incident });
    this.#printUnlessDrawn(this.reporter.incident(incident));
  }

  culprit(culprit: Culprit): void {
    const { release, class: kind, vantage, because, stack } = culprit;
    // What accuses nobody has no panel; it is printed, and the verdict sums it up.
    if (kind !== 'unattributed') {
      const headline = `${accusedText(culprit)}, ${heldText(culprit)} on ${vantage} (${kind})`;
      const details = [because, ...(stack.length === 0 ? [] : [stack.join(' ← ')])];
      this.#live?.take({ kind: 'culprit', culprit: { releaseNs: release, headline, details } });
    }
    this.#printUnlessDrawn(this.reporter.culprit(culprit));
  }

  async verdict(verdict: Verdict, summaries: readonly Summary[], explanation: Explanation | undefined): Promise<void> {
    this.#print(this.reporter.verdict(verdict, summaries, explanation));
    await this.written();
  }

  /** Resolves when all that was told so far is written. @throws CodedError E_OUTPUT when it cannot be */
  async written(): Promise<void> {
    await this.#printed;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Where the verdict stands while it is measured; what nobody looks at is not asked for. */
  standing({ why, settled, ...told }: ToldStanding): void {
    this.#live?.take({ kind: 'standing', verdict: told.verdict(), waitsFor: why, settled });
    if (!this.#statusShown) return;
    this.#clearStatus();
    this.#status = bisectProgress({ ...told, why, summaries: told.summaries() }, this.io.columns);
    this.#showStatus();
  }

  tell(message: string): void {
    if (this.#live) {
      this.#live.take({ kind: 'message', text: message });
      return;
    }
    this.#clearStatus();
    this.io.err(`${message}\n`);
    this.#showStatus();
  }

  /** Gives the terminal back; what comes later is printed. Further calls do nothing. */
  close(): void {
    this.#live?.close();
    this.#clearStatus();
    this.#status = [];
  }

  #printUnlessDrawn(text: string): void {
    if (this.#live === undefined || this.output.file !== undefined) this.#print(text);
  }

  #print(text: string): void {
    if (text === '' || this.#failure !== undefined) return;
    this.#printed = this.#printed
      .then(() => this.#put(text))
      .catch((error: unknown) => {
        if (this.#failure !== undefined) return;
        this.#failure = error;
        this.onFailure();
      });
  }

  async #put(text: string): Promise<void> {
    this.#clearStatus();
    await this.output.write(text);
    this.#showStatus();
  }

  #showStatus(): void {
    if (this.#statusLines > 0 || this.#status.length === 0) return;
    this.io.draw(`${this.#status.map(printable).join('\n')}\n`);
    this.#statusLines = this.#status.length;
  }

  /** Results are written where the status stood; it comes back below them. */
  #clearStatus(): void {
    if (this.#statusLines > 0) this.io.draw(`\x1b[${this.#statusLines}A\x1b[J`);
    this.#statusLines = 0;
  }
}
