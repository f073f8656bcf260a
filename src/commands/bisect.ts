import { randomBytes } from 'node:crypto';
import { identifiability } from '../bisect/identifiability.js';
import { createInference, type Inference } from '../bisect/inference.js';
import { Machines } from '../hosts/machines.js';
import type { HostsPath } from '../hosts/measured-paths.js';
import type { Finding } from '../model/finding.js';
import type { SampleColumns } from '../model/sample.js';
import { SECOND } from '../model/time.js';
import type { Verdict } from '../model/verdict.js';
import type { Recorder } from '../recording/recorder.js';
import type { BisectInfo } from '../recording/run-info.js';
import { bisectProgress } from '../report/bisect-progress.js';
import { type BisectReporter, createBisectReporter } from '../report/bisect-reporter.js';
import { identifiabilityText } from '../report/identifiability-text.js';
import { type BisectHosts, bisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import { type BisectSources, liveSources } from './bisect-sources.js';
import { machineWatches } from './bisect-watches.js';
import type { Io } from './io.js';
import type { MachineWatch } from './machine-watch.js';
import { OutputFile } from './output-file.js';
import { openRecorder } from './recording-options.js';
import { withRemedy } from './remedies.js';
import { VantageRun } from './vantage-run.js';
import { packageVersion } from './version.js';

/** Findings are handed over up to this long after they happened; the inference must not close a time before. */
const LAG_NS = 3 * SECOND;

const EXIT = { healthy: 0, fault: 1, inconclusive: 3 } as const;

/**
 * `bisect`: probes all paths at the same time and says which stage is to blame.
 *
 * @returns 0 healthy; 1 any fault; 3 inconclusive
 * @throws CodedError for wrong use (2), and when no vantage can probe (4)
 */
export async function bisect(options: BisectOptions, io: Io): Promise<number> {
  const about = await bisectHosts(options);
  for (const note of about.notes) io.err(`${note}\n`);
  if (options.plan) return printPlan(about, options, io);
  const epochRealNs = BigInt(Date.now()) * 1_000_000n;
  const file = options.output === undefined ? undefined : await OutputFile.open(options.output);
  let recorder: Recorder | undefined;
  try {
    recorder = await openRecorder(options, runInfo(options, about, epochRealNs), io);
    return await new Bisection(options, about, liveSources(about.hosts, epochRealNs, recorder), file, io).follow();
  } finally {
    await recorder?.close();
    await file?.close();
  }
}

function runInfo(options: BisectOptions, { hosts, paths, notes }: BisectHosts, epochRealNs: bigint): BisectInfo {
  return {
    command: 'bisect',
    version: packageVersion(),
    options: { ...options },
    thresholdNs: options.thresholdNs,
    epochRealNs: String(epochRealNs),
    hosts,
    paths: recordable(paths),
    notes: [...notes],
  };
}

/** The paths as a recording has them, whose lists are its own. */
function recordable(paths: readonly HostsPath[]): BisectInfo['paths'] {
  return structuredClone(paths) as BisectInfo['paths'];
}

async function printPlan({ hosts, paths }: BisectHosts, options: BisectOptions, io: Io): Promise<number> {
  const machines = new Machines(hosts);
  const vantages = Object.entries(hosts.vantages).map(([name, { overlay }]) => ({
    name,
    overlay,
    machine: machines.ofVantage(name),
  }));
  const targets = Object.entries(hosts.targets).map(([name, { kind }]) => ({
    name,
    kind,
    machine: machines.answering(name),
  }));
  const found = identifiability(
    paths.map((path) => path.measured),
    vantages,
    targets,
  );
  await io.out(
    options.json
      ? `${JSON.stringify(found, null, 2)}\n`
      : identifiabilityText(
          found,
          paths.map((path) => path.measured),
        ),
  );
  return 0;
}

/** One bisection, from its sources to its verdict. */
export class Bisection {
  readonly #secret = randomBytes(16).toString('hex');
  readonly #clockUncertaintyNs: Record<string, number> = {};
  readonly #reporter: BisectReporter;
  readonly #statusShown: boolean;
  #vantages: VantageRun[] = [];
  #watches: readonly MachineWatch[] = [];
  readonly #watching: Promise<void>[] = [];
  /** Made when it is known which machines are watched; until then what comes waits. */
  #inference: Inference | undefined;
  #waiting: ((inference: Inference) => void)[] = [];
  readonly #notes: string[];
  #statusLines = 0;
  #lastNs = 0;

  constructor(
    private readonly options: BisectOptions,
    private readonly about: BisectHosts,
    private readonly sources: BisectSources,
    private readonly file: OutputFile | undefined,
    private readonly io: Io,
    reporter?: BisectReporter,
  ) {
    this.#notes = [...about.notes];
    this.#reporter = reporter ?? createBisectReporter(options.format ?? (options.json ? 'ndjson' : 'text'), options);
    this.#statusShown = io.errIsTerminal && !options.quiet && !sources.recorded;
  }

  async follow(): Promise<number> {
    this.#vantages = await this.#startVantages();
    const stop = (): void => this.#stopAll();
    this.io.stop.addEventListener('abort', stop);
    if (this.io.stop.aborted) stop();
    const stopTicking = this.sources.ticking((nowNs) => this.#tick(nowNs));
    try {
      await Promise.all(this.#vantages.map((vantage) => this.#read(vantage)));
    } finally {
      this.io.stop.removeEventListener('abort', stop);
      this.#stopAll();
      await Promise.all(this.#watching);
      await stopTicking();
      this.#clearStatus();
    }
    this.#refuseIfNobodyProbed();
    const inference = this.#inference ?? this.#infer();
    for (const incident of inference.finish(this.#lastNs)) await this.#print(this.#reporter.incident(incident));
    const verdict = this.#verdict(inference);
    await this.#print(this.#reporter.verdict(verdict, this.#summaries()));
    return exitStatus(verdict);
  }

  async #startVantages(): Promise<VantageRun[]> {
    const byVantage = new Map<string, HostsPath[]>();
    for (const path of this.about.paths) {
      const { vantage } = path.measured;
      byVantage.set(vantage, [...(byVantage.get(vantage) ?? []), path]);
    }
    return Promise.all(
      [...byVantage].map(async ([name, paths]) => {
        const { engine, clock } = await this.sources.vantage(name);
        this.#clockUncertaintyNs[name] = clock.uncertaintyNs;
        return new VantageRun(name, engine, paths, {
          thresholdNs: this.options.thresholdNs,
          durationNs: this.options.durationNs,
          cpu: this.options.cpu,
          epochRealNs: this.sources.epochRealNs,
          secret: this.#secret,
          clockOffsetNs: clock.offsetNs,
          ...(this.sources.version === undefined ? {} : { version: this.sources.version }),
        });
      }),
    );
  }

  async #read(vantage: VantageRun): Promise<void> {
    const indices = vantage.paths.map((path) => this.about.paths.indexOf(path));
    for await (const { event, findings } of vantage.events()) {
      if (event.kind === 'samples') this.#takeSamples(vantage, event.samples, indices);
      if (event.kind === 'hello' && vantage.run) {
        await this.#print(this.#reporter.vantage(vantage.name, vantage.run));
        this.#watchWhenAllRun();
      }
      if (event.kind === 'warning') this.#tell(`${vantage.name}: ${event.message} [${event.code}]`);
      for (const finding of findings) await this.#takeFinding(vantage, finding);
    }
    this.#watchWhenAllRun();
    this.#reporter.ended?.(vantage.name, vantage.result().quality);
    if (vantage.state === 'failed') {
      this.#tell(`${vantage.name} is out: ${vantage.why ?? 'it ended'}; the other vantages go on`);
    }
  }

  #takeSamples(vantage: VantageRun, samples: SampleColumns, indices: readonly number[]): void {
    this.#reporter.samples?.(samples, indices);
    this.#infers((inference) => inference.samples(samples, indices));
    if (this.#watches.length === 0) return;
    const numbered = { ...samples, path: samples.path.map((own) => indices[own] ?? own) };
    for (const watch of this.#watches) watch.samples(vantage, numbered);
  }

  async #takeFinding(vantage: VantageRun, finding: Finding): Promise<void> {
    if (finding.kind === 'stall' && !finding.selfInflicted) {
      const seen = this.#watches.flatMap((watch) => watch.explain(vantage, finding));
      this.#infers((inference) => {
        for (const evidence of seen) inference.local(evidence);
      });
    }
    // What a stall's own release lost says nothing beyond the stall.
    if (finding.kind !== 'loss-episode' || finding.duringStall !== true) {
      this.#infers((inference) => inference.finding(finding));
    }
    await this.#print(this.#reporter.finding(finding));
  }

  /** The watchers need to know the ports that the probers took. */
  #watchWhenAllRun(): void {
    const starting = this.#vantages.some((vantage) => vantage.state === 'starting');
    if (starting || this.#watching.length > 0 || this.#inference) return;
    this.#watches = machineWatches({
      hosts: this.about.hosts,
      paths: this.about.paths,
      vantages: this.#vantages,
      secret: this.#secret,
      durationNs: this.options.durationNs,
      cpu: this.options.cpu,
      epochRealNs: this.sources.epochRealNs,
      watcher: (machine, vantage) => this.sources.watcher(machine, vantage),
    });
    const started = this.#watches.map((watch) => this.#follow(watch));
    void Promise.all(started).then((machines) => this.#infer(machines.filter((machine) => machine !== undefined)));
  }

  /** Resolves to the machine once it is watched, or to undefined when it cannot be. */
  #follow(watch: MachineWatch): Promise<string | undefined> {
    return new Promise((resolve) => {
      const ended = watch.follow(
        () => resolve(watch.machine),
        (evidence) => this.#infers((inference) => inference.local(evidence)),
      );
      this.#watching.push(
        ended.then((why) => {
          resolve(undefined);
          if (why === undefined) return;
          this.#notes.push(`${watch.machine} could not be watched from within: ${why}`);
          this.#tell(`${watch.machine} is not watched: ${why}`);
        }),
      );
    });
  }

  #infer(heartbeats: readonly string[] = []): Inference {
    this.#inference ??= createInference(
      this.about.paths.map((path) => path.measured),
      { thresholdNs: this.options.thresholdNs, clockUncertaintyNs: this.#clockUncertaintyNs, heartbeats },
    );
    for (const told of this.#waiting.splice(0)) told(this.#inference);
    return this.#inference;
  }

  #infers(tell: (inference: Inference) => void): void {
    if (this.#inference) tell(this.#inference);
    else this.#waiting.push(tell);
  }

  #tick(nowNs: number): void {
    this.#lastNs = nowNs;
    const inference = this.#inference;
    if (!inference) return;
    for (const incident of inference.advance(this.#lastNs - LAG_NS))
      void this.#print(this.#reporter.incident(incident));
    const standing = inference.settled(this.#lastNs - LAG_NS);
    if (standing.settled && !this.options.fixedDuration && !this.sources.recorded) this.#stopAll();
    if (this.#statusShown) this.#drawStatus(standing.leading, standing.why);
  }

  #verdict(inference: Inference): Verdict {
    const excluded = this.#vantages
      .filter((vantage) => vantage.state === 'failed')
      .flatMap((vantage) =>
        vantage.paths.map((path) => ({ path: path.measured.name, because: vantage.why ?? 'its vantage ended' })),
      );
    return inference.verdict(this.#lastNs, { summaries: this.#summaries(), excluded, notes: this.#notes });
  }

  #summaries() {
    return this.#vantages.flatMap((vantage) => vantage.result().summaries);
  }

  #refuseIfNobodyProbed(): void {
    const failures = this.#vantages.map((vantage) => vantage.failure).filter((failure) => failure !== undefined);
    const [first] = failures;
    if (first && failures.length === this.#vantages.length) throw withRemedy(first);
  }

  #stopAll(): void {
    for (const vantage of this.#vantages) vantage.stop();
    for (const watch of this.#watches) watch.stop();
  }

  async #print(text: string): Promise<void> {
    if (text === '') return;
    this.#clearStatus();
    await (this.file ? this.file.write(text) : this.io.out(text));
  }

  #tell(message: string): void {
    this.#clearStatus();
    this.io.err(`${message}\n`);
  }

  #drawStatus(leading: { cause: string; probability: number } | null, why: string): void {
    this.#clearStatus();
    const lines = bisectProgress(
      { summaries: this.#summaries(), elapsedNs: this.#lastNs, leading, why },
      this.io.columns,
    );
    this.#statusLines = lines.length;
    this.io.err(`${lines.join('\n')}\n`);
  }

  #clearStatus(): void {
    if (this.#statusLines > 0) this.io.err(`\x1b[${this.#statusLines}A\x1b[J`);
    this.#statusLines = 0;
  }
}

function exitStatus(verdict: Verdict): number {
  if (verdict.cause === 'healthy') return EXIT.healthy;
  return verdict.cause === 'inconclusive' ? EXIT.inconclusive : EXIT.fault;
}
