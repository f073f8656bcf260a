import type { ProbeRun } from '../../engines/engine.js';
import type { ProberHello } from '../../model/engine-event.js';
import type { Finding } from '../../model/finding.js';
import type { ProbePlan } from '../../model/plan.js';
import { isRequest } from '../../model/protocol.js';
import { createReporter } from '../../report/probe/create-reporter.js';
import type { RunResult } from '../../report/probe/reporter.js';
import { snapshotText } from '../../report/probe/text-reporter.js';
import { statusLine } from '../../report/progress/status-line.js';
import { EXIT } from '../run/exit-status.js';
import { measuredRun } from '../run/measured-run.js';
import type { Measurement } from '../run/measurement.js';
import { withRemedy } from '../run/remedies.js';
import type { Io } from '../terminal/io.js';
import { LiveFeed } from '../terminal/live-feed.js';
import type { LiveView } from '../terminal/live-view.js';
import type { Output } from '../terminal/output.js';
import { dated, OnStall } from './on-stall.js';
import type { ProbeOptions } from './probe-options.js';

/** The status line is drawn this often. */
const STATUS_EVERY_MS = 200;

/** How a run of `probe` is shown, live or replayed. */
export interface ProbeShowing extends Pick<ProbeOptions, 'format' | 'quiet' | 'failOn' | 'onStall' | 'live' | 'ascii'> {
  /** A line about what goes on, on a terminal. */
  readonly status: boolean;
  /** Replayed: where the recording was cut off, the replay is complete all the same. */
  readonly recorded?: boolean;
  readonly onHello?: (hello: ProberHello) => void;
}

/** One run of `probe`, from its events to its exit status. */
export class ProbeCommand {
  readonly #reporter;
  readonly #onStall: OnStall | undefined;
  readonly #statusShown: boolean;
  readonly #began = performance.now();
  #live: { readonly view: LiveView; readonly feed: LiveFeed } | undefined;
  #found = false;

  constructor(
    private readonly options: ProbeShowing,
    private readonly plan: ProbePlan,
    private readonly measurement: Measurement,
    private readonly output: Output,
    private readonly io: Io,
  ) {
    this.#reporter = createReporter(options.format, { quiet: options.quiet });
    this.#onStall =
      options.onStall === undefined
        ? undefined
        : new OnStall(options.onStall, (text) => this.#tell(text), options.live);
    this.#statusShown =
      options.status &&
      io.errIsTerminal &&
      !options.quiet &&
      !options.live &&
      (options.format === 'text' || !io.outIsTerminal);
  }

  async follow(run: ProbeRun): Promise<number> {
    const stop = (): void => run.stop();
    this.io.stop.addEventListener('abort', stop);
    if (this.io.stop.aborted) stop();
    const forgetSnapshot = this.io.onSnapshot(() => this.#snapshot());
    const ticking = this.#statusShown ? setInterval(() => this.#drawStatus(), STATUS_EVERY_MS) : undefined;
    try {
      await this.#read(run);
      clearInterval(ticking);
      this.#clearStatus();
      this.#live?.view.close();
      return await this.#end();
    } catch (error) {
      throw withRemedy(error);
    } finally {
      this.#live?.view.close();
      clearInterval(ticking);
      this.#clearStatus();
      forgetSnapshot();
      this.io.stop.removeEventListener('abort', stop);
    }
  }

  async #read(run: ProbeRun): Promise<void> {
    for await (const { event, findings, outages } of measuredRun(run.events, this.measurement)) {
      if (event.kind === 'hello') this.options.onHello?.(event.hello);
      if (event.kind === 'hello' && this.options.live) await this.#openLive();
      this.#live?.feed.take({ event, findings, outages });
      if (event.kind === 'hello' && this.measurement.run) await this.#print(this.#reporter.start(this.measurement.run));
      // Most events have nothing to print or to report, and to wait for that takes longer than all else with each.
      const text = event.kind === 'samples' ? this.#reporter.samples(event.samples) : '';
      if (text !== '') await this.#print(text);
      if (event.kind === 'warning') this.#tell(`warning ${event.code}: ${event.message}`);
      if (!this.#drawnOnly) for (const outage of outages) await this.#print(this.#reporter.outage?.(outage) ?? '');
      if (findings.length > 0) await this.#report(findings);
    }
  }

  async #report(findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      if (!finding.selfInflicted) {
        if (this.options.failOn.includes(finding.kind)) this.#found = true;
        const { run } = this.measurement;
        if (finding.kind === 'stall') this.#onStall?.add(run === undefined ? finding : dated(finding, run));
      }
      const text = this.#reporter.finding(finding);
      if (!this.#drawnOnly) await this.#print(text);
    }
  }

  /** What is drawn is not printed as well; a file gets everything all the same. */
  get #drawnOnly(): boolean {
    return this.#live !== undefined && this.output.file === undefined;
  }

  async #openLive(): Promise<void> {
    const { LiveView } = await import('../terminal/live-view.js');
    const view = LiveView.open({ expectedPaths: this.plan.paths.length, ascii: this.options.ascii }, this.io);
    const names = this.plan.paths.map((path) => path.name);
    this.#live = { view, feed: new LiveFeed(view, names, this.measurement) };
  }

  async #end(): Promise<number> {
    const result = this.measurement.result();
    await this.#print(this.#reporter.end(result));
    await this.#onStall?.finish();
    if (result.quality.end === 'cut-off' && this.options.recorded !== true) {
      this.#tell('the prober died: what it had not reported is missing, and nothing is known since');
      return EXIT.system;
    }
    if (isUnsent(result)) {
      this.#tell('no probe was sent: this machine did not run the prober when they were due');
      return EXIT.system;
    }
    const asked = askedFor(this.plan);
    if (isSilent(result, asked)) {
      this.#tell(`no reply at all from ${asked.join(', ')}`);
      return EXIT.found;
    }
    return this.#found ? EXIT.found : EXIT.completed;
  }

  async #print(text: string): Promise<void> {
    if (text === '') return;
    this.#clearStatus();
    await this.output.write(text);
  }

  #tell(message: string): void {
    if (this.#live) {
      this.#live.view.take({ kind: 'message', text: message });
      return;
    }
    this.#clearStatus();
    this.io.err(`${message}\n`);
  }

  #snapshot(): void {
    if (!this.measurement.run) return;
    const soFar = { ...this.measurement.result(), durationNs: this.#elapsedNs() };
    this.#tell(snapshotText(soFar, this.measurement.run).trimEnd());
  }

  #elapsedNs(): number {
    return Math.round((performance.now() - this.#began) * 1e6);
  }

  #drawStatus(): void {
    if (!this.measurement.run) return;
    const { summaries } = this.measurement.result();
    this.io.draw(`\r\x1b[K${statusLine(summaries, this.#elapsedNs(), this.io.columns)}`);
  }

  #clearStatus(): void {
    if (this.#statusShown) this.io.draw('\r\x1b[K');
  }
}

/** Each slot of a short run was missed: nothing is known of any target. */
function isUnsent({ summaries }: RunResult): boolean {
  const missed = summaries.reduce((sum, { missedSlots }) => sum + missedSlots, 0);
  return missed > 0 && summaries.every(({ sent, sendFailed }) => sent + sendFailed === 0);
}

/** The names of the paths that answer the question: packets beside requests only tell why those wait. */
function askedFor({ paths }: ProbePlan): string[] {
  const requests = paths.filter(({ protocol }) => isRequest(protocol));
  return (requests.length > 0 ? requests : paths).map(({ name }) => name);
}

/** Nothing asked was ever answered: the target is not there, a firewall drops the probes, or each request failed. */
function isSilent({ summaries }: RunResult, asked: readonly string[]): boolean {
  return summaries.every(({ path, received }) => received === 0 || !asked.includes(path));
}
