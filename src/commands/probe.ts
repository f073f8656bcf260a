import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createDetectorBank } from '../detect/detector-bank.js';
import { CodedError } from '../model/errors.js';
import type { Finding } from '../model/finding.js';
import type { ProbePlan } from '../model/plan.js';
import type { EngineEvent, PathTotals, ProberHello } from '../model/run.js';
import { type RunRecord, SCHEMA } from '../model/run-record.js';
import { createReporter } from '../report/create-reporter.js';
import type { RunResult } from '../report/reporter.js';
import { statusLine } from '../report/status-line.js';
import { snapshotText } from '../report/text-reporter.js';
import { chooseEngine } from './choose-engine.js';
import type { Io } from './io.js';
import { OnStall } from './on-stall.js';
import type { ProbeOptions } from './probe-options.js';
import { planProbe } from './probe-plan.js';
import { resolveTargets } from './probe-targets.js';
import { withRemedy } from './remedies.js';
import { RunQuality } from './run-quality.js';
import { packageVersion } from './version.js';

/** The status line is drawn at most this often. */
const STATUS_EVERY_MS = 200;

const NO_REPLY = 1;
const FOUND = 1;

/**
 * `probe`: probes targets, reports findings as they come and a summary at the end.
 *
 * @returns 0 completed; 1 no reply at all, or what `--fail-on` names was found
 * @throws CodedError for wrong use (2) and for what the environment refuses (4)
 */
export async function probe(options: ProbeOptions, io: Io): Promise<number> {
  const { targets, note } = await resolveTargets(options.targets, options);
  if (note !== undefined) io.err(`${note}\n`);
  const vantage = options.netns ?? 'local';
  const plan = planProbe(options, targets, vantage);
  const engine = await chooseEngine(options, vantage);
  return new ProbeCommand(options, plan, engine.name, io).follow(engine.start(plan));
}

class ProbeCommand {
  readonly #bank;
  readonly #quality = new RunQuality();
  readonly #reporter;
  readonly #totals: PathTotals[] = [];
  readonly #onStall: OnStall | undefined;
  readonly #file;
  readonly #statusShown: boolean;
  #found = false;
  #epochNs = 0n;
  #run: RunRecord | undefined;
  #began = 0;
  #lastNs = 0;

  constructor(
    private readonly options: ProbeOptions,
    private readonly plan: ProbePlan,
    private readonly engineName: RunRecord['engine'],
    private readonly io: Io,
  ) {
    this.#bank = createDetectorBank(plan.paths, { thresholdNs: options.thresholdNs, waitNs: plan.waitNs });
    this.#reporter = createReporter(options.format, { quiet: options.quiet });
    this.#onStall =
      options.onStall === undefined ? undefined : new OnStall(options.onStall, (text) => io.err(`${text}\n`));
    this.#file = options.output === undefined ? undefined : createWriteStream(options.output);
    this.#statusShown = io.errIsTerminal && !options.quiet && (options.format === 'text' || !io.outIsTerminal);
  }

  async follow(run: { events: AsyncIterable<EngineEvent>; stop(): void }): Promise<number> {
    await this.#openFile();
    const stop = (): void => run.stop();
    this.io.stop.addEventListener('abort', stop);
    if (this.io.stop.aborted) stop();
    const forgetSnapshot = this.io.onSnapshot(() => this.#snapshot());
    const ticking = this.#statusShown ? setInterval(() => this.#drawStatus(), STATUS_EVERY_MS) : undefined;
    try {
      for await (const event of run.events) await this.#take(event);
      this.#clearStatus();
      return await this.#end();
    } catch (error) {
      throw withRemedy(error);
    } finally {
      clearInterval(ticking);
      this.#clearStatus();
      forgetSnapshot();
      this.io.stop.removeEventListener('abort', stop);
    }
  }

  async #take(event: EngineEvent): Promise<void> {
    this.#quality.add(event);
    switch (event.kind) {
      case 'start':
        this.#epochNs = event.epochRealNs;
        this.#began = performance.now();
        break;
      case 'hello':
        this.#run = runRecord(this.options, this.plan, this.engineName, this.#epochNs, event.hello);
        await this.#print(this.#reporter.start(this.#run));
        break;
      case 'samples':
        await this.#print(this.#reporter.samples(event.samples));
        await this.#report(this.#bank.push(event.samples));
        break;
      case 'pause':
        this.#bank.pause(event.pause);
        break;
      case 'clock':
        await this.#advance(event.clock.timeNs);
        break;
      case 'counters':
        await this.#advance(event.counters.timeNs);
        break;
      case 'path-totals':
        this.#totals.push(event.totals);
        break;
      case 'warning':
        this.#clearStatus();
        this.io.err(`warning ${event.code}: ${event.message}\n`);
        break;
      case 'end':
        this.#lastNs = Math.max(this.#lastNs, event.timeNs);
        break;
      default:
    }
  }

  async #advance(nowNs: number): Promise<void> {
    this.#lastNs = Math.max(this.#lastNs, nowNs);
    await this.#report(this.#bank.advance(nowNs));
  }

  async #report(findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      if (!finding.selfInflicted && this.options.failOn.includes(finding.kind)) this.#found = true;
      if (finding.kind === 'stall' && !finding.selfInflicted) this.#onStall?.add(finding);
      this.#clearStatus();
      await this.#print(this.#reporter.finding(finding));
    }
  }

  async #end(): Promise<number> {
    await this.#report(this.#bank.finish(this.#lastNs));
    const result = this.#result();
    await this.#print(this.#reporter.end(result));
    await this.#onStall?.finish();
    if (this.#file) {
      this.#file.end();
      await finished(this.#file);
    }
    if (result.summaries.every((summary) => summary.received === 0 && summary.errors === 0)) return NO_REPLY;
    return this.#found ? FOUND : 0;
  }

  #result(): RunResult {
    return {
      summaries: this.#bank.summaries(this.#totals.length > 0 ? this.#totals : undefined),
      quality: this.#quality.record(),
      durationNs: this.#lastNs,
    };
  }

  async #openFile(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    await new Promise<void>((resolve, reject) => {
      file.once('open', () => resolve());
      file.once('error', (cause) => {
        reject(
          new CodedError(
            'E_OUTPUT',
            `cannot write ${this.options.output}: ${cause.message}`,
            'choose another -o FILE',
            4,
          ),
        );
      });
    });
  }

  async #print(text: string): Promise<void> {
    if (text === '') return;
    if (!this.#file) {
      await this.io.out(text);
      return;
    }
    const file = this.#file;
    await new Promise<void>((resolve, reject) => {
      file.write(text, (cause) => {
        if (cause)
          reject(
            new CodedError(
              'E_OUTPUT',
              `cannot write ${this.options.output}: ${cause.message}`,
              'make room, or choose another -o FILE',
              4,
            ),
          );
        else resolve();
      });
    });
  }

  #snapshot(): void {
    if (!this.#run) return;
    this.#clearStatus();
    this.io.err(snapshotText({ ...this.#result(), durationNs: this.#elapsedNs() }, this.#run));
  }

  #elapsedNs(): number {
    return Math.round((performance.now() - this.#began) * 1e6);
  }

  #drawStatus(): void {
    if (!this.#run) return;
    this.io.err(`\r\x1b[K${statusLine(this.#bank.summaries(), this.#elapsedNs(), this.io.columns)}`);
  }

  #clearStatus(): void {
    if (this.#statusShown) this.io.err('\r\x1b[K');
  }
}

function runRecord(
  options: ProbeOptions,
  plan: ProbePlan,
  engine: RunRecord['engine'],
  epochNs: bigint,
  hello: ProberHello,
): RunRecord {
  return {
    type: 'run',
    schema: SCHEMA,
    version: packageVersion(),
    command: 'probe',
    epochNs: String(epochNs),
    engine,
    timestamps: hello.got.timestamps,
    clock: engine === 'sim' ? 'virtual time' : 'CLOCK_MONOTONIC since the epoch; stamps converted from CLOCK_REALTIME',
    host: hello.host,
    options: { ...options },
    thresholdNs: options.thresholdNs,
    waitNs: plan.waitNs,
    scheduling: hello.got.scheduling,
    memoryLocked: hello.got.memoryLocked,
    cpu: hello.got.cpu,
    paths: plan.paths.map((path, index) => {
      const told = hello.paths.find((entry) => entry.path === index);
      const { name, ttl: _, ...planned } = path;
      return {
        path: name,
        ...planned,
        ...(told === undefined
          ? {}
          : { interface: told.interface, source: told.source, sourcePorts: told.sourcePorts }),
      };
    }),
    footprint: hello.footprint,
  };
}
