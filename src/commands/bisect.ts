import { randomBytes } from 'node:crypto';
import { identifiability } from '../bisect/identifiability.js';
import { createInference, type Inference } from '../bisect/inference.js';
import { createHelperEngine } from '../engines/helper-engine.js';
import { Machines } from '../hosts/machines.js';
import type { HostsPath } from '../hosts/measured-paths.js';
import { CodedError } from '../model/errors.js';
import type { Finding } from '../model/finding.js';
import type { SampleColumns } from '../model/sample.js';
import { SECOND } from '../model/time.js';
import type { Incident, Verdict } from '../model/verdict.js';
import { bisectProgress } from '../report/bisect-progress.js';
import { createBisectReporter } from '../report/bisect-reporter.js';
import { identifiabilityText } from '../report/identifiability-text.js';
import { transportFor } from '../transports/transport-for.js';
import { type BisectHosts, bisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import { machineWatches } from './bisect-watches.js';
import type { Io } from './io.js';
import { LiveFeed } from './live-feed.js';
import { checkTerminal, LiveView } from './live-view.js';
import type { MachineWatch } from './machine-watch.js';
import { OutputFile } from './output-file.js';
import { withRemedy } from './remedies.js';
import { VantageRun } from './vantage-run.js';

const TICK_MS = 250;
/** Findings are handed over up to this long after they happened; the inference must not close a time before. */
const LAG_NS = 3 * SECOND;
/** While the run is drawn, judging takes at most this share of the time, and comes no oftener than this. */
const JUDGING_SHARE = 0.1;
const JUDGING_EVERY_MS = 1_000;

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
  if (options.live) checkTerminal(options.ascii);
  const file = options.output === undefined ? undefined : await OutputFile.open(options.output);
  try {
    return await new Bisection(options, about, file, io).follow();
  } finally {
    await file?.close();
  }
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

class Bisection {
  readonly #epochRealNs = BigInt(Date.now()) * 1_000_000n;
  readonly #began = performance.now();
  readonly #secret = randomBytes(16).toString('hex');
  readonly #clockUncertaintyNs: Record<string, number> = {};
  readonly #reporter;
  readonly #statusShown: boolean;
  #vantages: VantageRun[] = [];
  #watches: readonly MachineWatch[] = [];
  readonly #watching: Promise<void>[] = [];
  /** Made when it is known which machines are watched; until then what comes waits. */
  #inference: Inference | undefined;
  #waiting: ((inference: Inference) => void)[] = [];
  readonly #notes: string[];
  readonly #live: LiveView | undefined;
  /** Not to be judged again before. */
  #judgeAtMs = 0;
  #statusLines = 0;
  #lastNs = 0;

  constructor(
    private readonly options: BisectOptions,
    private readonly about: BisectHosts,
    private readonly file: OutputFile | undefined,
    private readonly io: Io,
  ) {
    this.#notes = [...about.notes];
    this.#reporter = createBisectReporter(options.json ? 'ndjson' : 'text', options);
    this.#statusShown = io.errIsTerminal && !options.quiet && !options.live;
    this.#live = options.live
      ? LiveView.open({ expectedPaths: about.paths.length, ascii: options.ascii }, io)
      : undefined;
  }

  async follow(): Promise<number> {
    try {
      this.#vantages = await this.#startVantages();
    } catch (error) {
      this.#live?.close();
      throw error;
    }
    const stop = (): void => this.#stopAll();
    this.io.stop.addEventListener('abort', stop);
    if (this.io.stop.aborted) stop();
    const ticking = setInterval(() => this.#tick(), TICK_MS);
    try {
      await Promise.all(this.#vantages.map((vantage) => this.#read(vantage)));
    } finally {
      clearInterval(ticking);
      this.io.stop.removeEventListener('abort', stop);
      this.#stopAll();
      this.#live?.close();
      await Promise.all(this.#watching);
      this.#clearStatus();
    }
    this.#refuseIfNobodyProbed();
    const inference = this.#inference ?? this.#infer();
    for (const incident of inference.finish(this.#lastNs)) await this.#printIncident(incident);
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
        const described = this.about.hosts.vantages[name];
        if (!described) throw new CodedError('E_HOSTS', `no vantage is named ${name}`, 'name it in the hosts file', 2);
        const transport = transportFor(described);
        // A vantage that cannot be reached shows that when its prober starts.
        const clock = (await transport.exchangeClock?.().catch(() => undefined)) ?? { offsetNs: 0, uncertaintyNs: 0 };
        this.#clockUncertaintyNs[name] = clock.uncertaintyNs;
        return new VantageRun(name, createHelperEngine(transport), paths, {
          thresholdNs: this.options.thresholdNs,
          durationNs: this.options.durationNs,
          cpu: this.options.cpu,
          epochRealNs: this.#epochRealNs,
          secret: this.#secret,
          clockOffsetNs: clock.offsetNs,
        });
      }),
    );
  }

  async #read(vantage: VantageRun): Promise<void> {
    const indices = vantage.paths.map((path) => this.about.paths.indexOf(path));
    const names = vantage.paths.map((path) => path.measured.name);
    const live = this.#live && new LiveFeed(this.#live, names, vantage, vantage.name);
    this.#live?.take({ kind: 'vantage', vantage: vantage.name, state: 'starting' });
    for await (const { event, findings } of vantage.events()) {
      live?.take(event, findings);
      if (event.kind === 'samples') this.#takeSamples(vantage, event.samples, indices);
      if (event.kind === 'hello' && vantage.run) {
        if (!this.#drawnOnly) await this.#print(this.#reporter.vantage(vantage.name, vantage.run));
        this.#watchWhenAllRun();
      }
      if (event.kind === 'warning') this.#tell(`${vantage.name}: ${event.message} [${event.code}]`);
      for (const finding of findings) await this.#takeFinding(vantage, finding);
    }
    this.#watchWhenAllRun();
    const why = vantage.why === undefined ? {} : { why: vantage.why };
    this.#live?.take({ kind: 'vantage', vantage: vantage.name, state: vantage.state, ...why });
    if (vantage.state === 'failed') {
      this.#tell(`${vantage.name} is out: ${vantage.why ?? 'it ended'}; the other vantages go on`);
    }
  }

  #takeSamples(vantage: VantageRun, samples: SampleColumns, indices: readonly number[]): void {
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
    if (!this.#drawnOnly) await this.#print(this.#reporter.finding(finding));
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
      epochRealNs: this.#epochRealNs,
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

  #tick(): void {
    this.#lastNs = Math.round((performance.now() - this.#began) * 1e6);
    const inference = this.#inference;
    if (!inference) return;
    for (const incident of inference.advance(this.#lastNs - LAG_NS)) void this.#printIncident(incident);
    const beganMs = performance.now();
    if (beganMs < this.#judgeAtMs) return;
    const standing = inference.settled(this.#lastNs - LAG_NS);
    if (standing.settled && !this.options.fixedDuration) this.#stopAll();
    if (this.#statusShown) this.#drawStatus(standing.leading, standing.why);
    if (!this.#live) return;
    const verdict = this.#verdict(inference);
    this.#live.take({ kind: 'standing', verdict, waitsFor: standing.why, settled: standing.settled });
    const tookMs = performance.now() - beganMs;
    this.#judgeAtMs = beganMs + Math.max(JUDGING_EVERY_MS, tookMs / JUDGING_SHARE);
  }

  /** What is drawn need not be printed as well, unless a file is to have it. */
  get #drawnOnly(): boolean {
    return this.#live !== undefined && this.file === undefined;
  }

  async #printIncident(incident: Incident): Promise<void> {
    this.#live?.take({ kind: 'incident', incident });
    if (!this.#drawnOnly) await this.#print(this.#reporter.incident(incident));
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
    if (this.#live) {
      this.#live.take({ kind: 'message', text: message });
      return;
    }
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
