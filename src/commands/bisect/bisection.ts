import { randomBytes } from 'node:crypto';
import { closedTo } from '../../bisect/evidence/heard-to.js';
import { createInference, type Inference } from '../../bisect/inference.js';
import type { Settlement } from '../../bisect/weigh/stopping.js';
import { joinVerdict } from '../../correlate/join-verdict.js';
import { plannedOf } from '../../hosts/planned.js';
import type { Finding } from '../../model/finding.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Incident, Verdict } from '../../model/verdict.js';
import { watchesOf } from '../../model/watch.js';
import type { BisectReporter } from '../../report/bisect/bisect-reporter.js';
import { publishProbes } from '../probe/running-probes.js';
import { EXIT, verdictStatus } from '../run/exit-status.js';
import { withRemedy } from '../run/remedies.js';
import type { Io } from '../terminal/io.js';
import type { Output } from '../terminal/output.js';
import { AwaitedInference } from './awaited-inference.js';
import type { BisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import { BisectOutput } from './bisect-output.js';
import type { BisectSources } from './bisect-sources.js';
import { replacedPorts } from './chosen-ports.js';
import { CulpritHunt } from './culprit-hunt.js';
import { ServerHunt } from './server-hunt.js';
import { startVantages } from './start-vantages.js';
import type { VantageRun } from './vantage-run.js';
import { WatchedMachines } from './watched-machines.js';

/** Weighing hundreds of incidents takes longer than a tick: it, and showing where they stand, take this share of time. */
const WEIGHING_SHARE = 0.1;
const DRAWN_EVERY_MS = 1_000;

/** One bisection, from its sources to its verdict. */
export class Bisection {
  readonly #secret = randomBytes(16).toString('hex');
  readonly #clockUncertaintyNs: Record<string, number> = {};
  readonly #output: BisectOutput;
  #vantages: VantageRun[] = [];
  #learning: Promise<void> | undefined;
  readonly #inference: AwaitedInference;
  readonly #machines: WatchedMachines;
  readonly #hunt: CulpritHunt;
  readonly #servers: ServerHunt;
  readonly #notes: string[];
  #withdraw: () => void = () => {};
  #lastNs = 0;
  #weighAgainAt = 0;
  #showAgainAt = 0;

  /** @param reporter in place of the one of the format */
  constructor(
    private readonly options: BisectOptions,
    private readonly about: BisectHosts,
    private readonly sources: BisectSources,
    output: Output,
    private readonly io: Io,
    reporter?: BisectReporter,
  ) {
    this.#notes = [...about.notes];
    const showing = { ...options, expectedPaths: about.paths.length, recorded: sources.recorded, reporter };
    this.#output = new BisectOutput(showing, output, io, () => this.#stopAll());
    this.#inference = new AwaitedInference((learnt) =>
      createInference(
        about.paths.map((path) => path.measured),
        {
          thresholdNs: options.thresholdNs,
          clockUncertaintyNs: this.#clockUncertaintyNs,
          ...plannedOf(about.hosts),
          ...learnt,
        },
      ),
    );
    this.#machines = new WatchedMachines({
      about,
      sources,
      inference: this.#inference,
      note: (message) => this.#notes.push(message),
      account: (account) => this.#servers.account(account),
      tell: (message) => this.#output.tell(message),
    });
    this.#servers = new ServerHunt({
      about,
      sources,
      thresholdNs: options.thresholdNs,
      clockOffsetNs: (vantage) => this.#vantages.find(({ name }) => name === vantage)?.clockOffsetNs ?? 0,
      note: (message) => this.#notes.push(message),
      tell: (message) => this.#output.tell(message),
    });
    this.#hunt = new CulpritHunt({
      hosts: about.hosts,
      sources,
      thresholdNs: options.thresholdNs,
      paths: about.paths.map((path) => path.measured.name),
      clockUncertaintyNs: this.#clockUncertaintyNs,
      suspects: options.suspects ?? [],
      onCulprit: (culprit) => this.#output.culprit(culprit),
      evidence: {
        local: (piece) => this.#inference.tell((inference) => inference.local(piece)),
        trace: (coverage) => this.#inference.tell((inference) => inference.trace(coverage)),
      },
      tell: (message) => this.#output.tell(message),
    });
  }

  async follow(): Promise<number> {
    try {
      await this.#output.open();
      return await this.#measure();
    } finally {
      this.#output.close();
    }
  }

  async #measure(): Promise<number> {
    this.#vantages = await startVantages(this.about.paths, {
      options: this.options,
      sourcePorts: this.about.sourcePorts,
      sources: this.sources,
      secret: this.#secret,
      tell: (message) => this.#output.tell(message),
      onClock: (vantage, uncertaintyNs) => {
        this.#clockUncertaintyNs[vantage] = uncertaintyNs;
      },
    });
    if (this.sources.recorded) {
      this.#hunt.all(this.#vantages);
      this.#servers.all();
    } else this.#machines.followServers();
    const stop = (): void => this.#stopAll();
    this.io.stop.addEventListener('abort', stop);
    if (this.io.stop.aborted) stop();
    const stopTicking = this.sources.ticking((nowNs) => this.#tick(nowNs));
    try {
      await Promise.all(this.#vantages.map((vantage) => this.#read(vantage)));
    } finally {
      this.io.stop.removeEventListener('abort', stop);
      this.#withdraw();
      this.#stopAll();
      await Promise.all([this.#machines.ended(), this.#hunt.ended(), this.#servers.ended()]);
      await this.#learning;
      await stopTicking();
      await this.sources.close();
      this.#output.close();
    }
    this.#refuseIfNobodyProbed();
    const inference = this.#inference.made ?? this.#inference.create();
    for (const incident of inference.finish(this.#lastNs)) this.#takeIncident(incident);
    const verdict = this.#verdict(inference);
    const explanation = this.#hunt.explain();
    const joined = explanation ? joinVerdict(verdict, explanation, this.#hunt.traced) : verdict;
    await this.#output.verdict(this.#servers.joined(joined), this.#summaries(), explanation);
    if (this.#vantages.every(({ state }) => state === 'failed') && !this.sources.recorded) {
      this.#output.tell('every prober died: the verdict is of what was measured before, and nothing is known since');
      return EXIT.system;
    }
    return verdictStatus(verdict);
  }

  async #read(vantage: VantageRun): Promise<void> {
    const indices = vantage.paths.map((path) => this.about.paths.indexOf(path));
    const feed = this.#output.feed(vantage);
    for await (const step of vantage.events()) {
      const { event, findings, outages } = step;
      feed?.take(step);
      if (event.kind === 'samples') this.#takeSamples(vantage, event.samples, indices);
      if (event.kind === 'hello' && vantage.run) {
        this.#output.vantage(vantage);
        this.#notes.push(...(event.hello.limits ?? []).map((limit) => `${vantage.name}: ${limit}`));
        this.#notes.push(...replacedPorts(vantage.paths, event.hello));
        this.#watchWhenAllRun();
      }
      if (event.kind === 'warning') this.#output.tell(`${vantage.name}: ${event.message} [${event.code}]`);
      for (const outage of outages) this.#output.outage(outage);
      for (const finding of findings) this.#takeFinding(vantage, finding);
      // A reader that is behind holds the vantages up, and one that has left ends them.
      await this.#output.written();
    }
    this.#watchWhenAllRun();
    this.#output.vantageEnded(vantage);
    this.#output.reporter.ended?.(vantage.name, vantage.result().quality);
    if (vantage.state === 'failed') {
      this.#output.tell(`${vantage.name} is out: ${vantage.why ?? 'it ended'}; the other vantages go on`);
    }
  }

  #takeSamples(vantage: VantageRun, samples: SampleColumns, indices: readonly number[]): void {
    this.#output.reporter.samples?.(samples, indices);
    this.#inference.tell((inference) => inference.samples(samples, indices));
    const numbered = { ...samples, path: samples.path.map((own) => indices[own] ?? own) };
    this.#hunt.samples(numbered);
    this.#servers.samples(numbered);
    this.#machines.samples(vantage, numbered);
  }

  #takeFinding(vantage: VantageRun, finding: Finding): void {
    // What waited before it was sent, no receiver saw wait.
    if (finding.kind === 'stall' && !finding.selfInflicted && finding.leg !== 'out') {
      const seen = this.#machines.explain(vantage, finding);
      this.#inference.tell((inference) => {
        for (const evidence of seen) inference.local(evidence);
      });
    }
    // What a stall's own release lost says nothing beyond the stall.
    // Nor what a path does all the time, which is no incident.
    const held = finding.kind === 'loss-episode' && finding.duringStall === true;
    if (!held && finding.kind !== 'next-probe-release') {
      this.#inference.tell((inference) => inference.finding(finding));
    }
    this.#output.finding(finding);
  }

  /** The watchers need to know the ports that the probers took. */
  #watchWhenAllRun(): void {
    const starting = this.#vantages.some((vantage) => vantage.state === 'starting');
    if (starting || this.#learning !== undefined || this.#inference.made) return;
    this.#publish();
    const { durationNs, cpu } = this.options;
    this.#learning = this.#machines
      .watch({ vantages: this.#vantages, secret: this.#secret, durationNs, cpu })
      .then((learnt) => {
        this.#inference.create(learnt);
      });
    // What it throws is thrown where it is awaited.
    this.#learning.catch(() => this.#stopAll());
  }

  /** For `rxray trace rx --follow-probes`. */
  #publish(): void {
    if (this.sources.recorded) return;
    const paths = this.#vantages.flatMap((vantage) => {
      const { plan, hello } = vantage;
      if (hello === undefined) return [];
      return watchesOf(plan, hello, { interface: 'any', tunnel: true }).map((watch) => ({
        name: plan.paths[watch.path]?.name ?? '',
        watch,
      }));
    });
    this.#withdraw = publishProbes({ command: 'bisect', secret: this.#secret, paths });
  }

  #tick(nowNs: number): void {
    this.#lastNs = nowNs;
    const inference = this.#inference.made;
    if (!inference) return;
    const running = this.#vantages.filter(({ state }) => state === 'running');
    const closedNs = closedTo(
      nowNs,
      running.map(({ heardNs }) => heardNs),
    );
    for (const incident of inference.advance(closedNs)) this.#takeIncident(incident);
    const began = performance.now();
    if (began < this.#weighAgainAt) return;
    const standing = inference.settled(closedNs);
    this.#weighAgainAt = began + (performance.now() - began) / WEIGHING_SHARE;
    if (this.options.trace && !this.sources.recorded) {
      this.#hunt.consider(standing.leading, this.#vantages);
      this.#servers.consider();
    }
    // Of who is suspected already the process is what is asked for.
    const traced = this.#hunt.satisfied(this.#lastNs) && this.#servers.satisfied(this.#lastNs);
    const done = (standing.settled && traced) || this.#hunt.named;
    if (done && !this.options.fixedDuration && !this.sources.recorded) this.#stopAll();
    this.#show(standing, inference);
  }

  /** A whole verdict, and what each path could have shown, take longer to make than what decides when to end. */
  #show(standing: Settlement, inference: Inference): void {
    const began = performance.now();
    if (!this.#output.showsStanding || began < this.#showAgainAt) return;
    this.#output.standing({
      ...standing,
      elapsedNs: this.#lastNs,
      summaries: () => this.#summaries(),
      verdict: () => this.#verdict(inference),
    });
    const tookMs = performance.now() - began;
    this.#showAgainAt = began + Math.max(DRAWN_EVERY_MS, tookMs / WEIGHING_SHARE);
  }

  #takeIncident(incident: Incident): void {
    this.#hunt.incident(incident);
    this.#output.incident(incident);
  }

  #verdict(inference: Inference): Verdict {
    const excluded = this.#vantages
      .filter((vantage) => vantage.state === 'failed')
      .flatMap((vantage) =>
        vantage.paths.map((path) => ({ path: path.measured.name, because: vantage.why ?? 'its vantage ended' })),
      );
    return inference.verdict(this.#lastNs, {
      summaries: this.#summaries(),
      excluded,
      notes: [...this.#notes, ...this.#hunt.notes],
      traced: this.#hunt.traced,
    });
  }

  #summaries() {
    return this.#vantages.flatMap((vantage) => vantage.result().summaries);
  }

  #refuseIfNobodyProbed(): void {
    const failed = this.#vantages.filter(({ failure }) => failure !== undefined);
    const [first] = failed;
    if (first && failed.length === this.#vantages.length) throw withRemedy(first.failure, this.#isFar(first.name));
  }

  #isFar(vantage: string): boolean {
    const transport = this.about.hosts.vantages[vantage]?.transport;
    return transport === 'ssh' || transport === 'kubectl';
  }

  #stopAll(): void {
    for (const vantage of this.#vantages) vantage.stop();
    this.#machines.stop();
    this.#hunt.stop();
    this.#servers.stop();
  }
}
