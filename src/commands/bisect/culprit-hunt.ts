import { DelayedProbes } from '../../correlate/delayed-probes.js';
import { explainIncidents } from '../../correlate/explain.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { Machines } from '../../hosts/machines.js';
import type { Culprit } from '../../model/culprit.js';
import type { Explanation } from '../../model/explanation.js';
import type { SampleColumns } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import type { Incident } from '../../model/verdict.js';
import type { BisectSources } from './bisect-sources.js';
import { CulpritWatch } from './culprit-watch.js';
import type { TraceEvidence } from './trace-teller.js';
import type { VantageRun } from './vantage-run.js';

/** From this probability on the machine that a verdict blames is traced. */
const SUSPECTED = 0.9;
/** With so many incidents traced, or after so long, the rest would show nothing new. */
const ENOUGH_INCIDENTS = 3;
const LONG_ENOUGH_NS = 20 * SECOND;
/** Waits that are asked for; shorter ones where the threshold is low. */
const LONGEST_MIN_NS = 10 * MS;
const SHORTEST_MIN_NS = 2 * MS;

export interface CulpritHuntOptions {
  readonly hosts: Hosts;
  readonly sources: BisectSources;
  readonly thresholdNs: number;
  /** Names of all paths, by their numbers. */
  readonly paths: readonly string[];
  readonly clockUncertaintyNs: Readonly<Record<string, number>>;
  readonly onCulprit: (culprit: Culprit) => void;
  /** Told what the kernel of a traced machine shows. */
  readonly evidence: TraceEvidence;
  /** Machines that are traced before any path says a thing. */
  readonly suspects: readonly string[];
  readonly tell: (message: string) => void;
}

/**
 * Finds out who holds packets back on the machine that the verdict comes to blame: traces it as soon as it is under
 * strong suspicion and a vantage is there, and says which incidents and probes that explains.
 */
export class CulpritHunt {
  readonly #watches = new Map<string, CulpritWatch>();
  readonly #ended: Promise<void>[] = [];
  readonly #probes: DelayedProbes;
  readonly #incidents: Incident[] = [];
  readonly #machines: Machines;
  readonly notes: string[] = [];

  constructor(private readonly options: CulpritHuntOptions) {
    this.#machines = new Machines(options.hosts);
    this.#probes = new DelayedProbes(options.paths);
  }

  /** Machines that were traced. */
  get traced(): string[] {
    return [...this.#watches].filter(([, watch]) => watch.beganNs !== undefined).map(([machine]) => machine);
  }

  /** @param samples their paths numbered among all */
  samples(samples: SampleColumns): void {
    this.#probes.take(samples);
  }

  incident(incident: Incident): void {
    this.#incidents.push(incident);
  }

  /** Starts to trace the machines that are blamed now. */
  consider(
    leading: { readonly machines: readonly string[]; readonly probability: number } | null,
    vantages: readonly VantageRun[],
  ): void {
    for (const machine of this.options.suspects) this.#trace(machine, vantages);
    if (leading === null || leading.probability < SUSPECTED) return;
    for (const machine of leading.machines) this.#trace(machine, vantages);
  }

  /** For a recording: whatever was traced is in it. */
  all(vantages: readonly VantageRun[]): void {
    for (const { name } of vantages) this.#trace(this.#machines.ofVantage(name), vantages);
  }

  /** Whether more time would not tell more of the machines that are traced. */
  satisfied(nowNs: number): boolean {
    return [...this.#watches.values()].every((watch) => {
      const since = watch.beganNs;
      if (watch.ended || since === undefined) return watch.ended;
      const seen = this.#incidents.filter(({ startMin }) => startMin > since).length;
      return seen >= ENOUGH_INCIDENTS || nowNs - since >= LONG_ENOUGH_NS;
    });
  }

  /** Whether it is known already who holds packets back on a machine that was suspected from the beginning. */
  get named(): boolean {
    const { suspects } = this.options;
    if (suspects.length === 0) return false;
    const accused = this.explain()?.accused ?? [];
    return accused.some(
      ({ convicted, vantage, incidents }) =>
        convicted && suspects.includes(vantage) && incidents.length >= ENOUGH_INCIDENTS,
    );
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** Resolves when all tracers have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#ended);
  }

  /** Of the incidents since tracing began; undefined where nothing was traced. */
  explain(): Explanation | undefined {
    const traced = [...this.#watches.values()].filter(({ beganNs }) => beganNs !== undefined);
    if (traced.length === 0) return undefined;
    const since = Math.min(...traced.map(({ beganNs }) => beganNs ?? Number.POSITIVE_INFINITY));
    const incidents = this.#incidents.filter(({ startMin }) => startMin > since);
    return explainIncidents(
      incidents.map(({ startMin, startMax, release, paths }) => ({
        startMinNs: startMin,
        startMaxNs: startMax,
        releaseNs: release,
        usualRttNs: Math.max(0, ...paths.map((path) => this.#probes.usualRttNs(path))),
      })),
      this.#probes.all(),
      traced.map(({ culprits, options, beganNs = 0, toNs, losses }) => ({
        vantage: options.machine,
        culprits,
        clockUncertaintyNs: options.clock.uncertaintyNs,
        minNs: options.minNs,
        tracedFromNs: beganNs,
        tracedToNs: toNs,
        losses,
      })),
    );
  }

  #trace(machine: string, vantages: readonly VantageRun[]): void {
    if (this.#watches.has(machine)) return;
    const vantage = vantages.find(
      ({ name, state }) => this.#machines.ofVantage(name) === machine && state !== 'failed',
    );
    if (vantage === undefined) return;
    const { sources, thresholdNs, clockUncertaintyNs, onCulprit, evidence, tell } = this.options;
    const minNs = Math.max(SHORTEST_MIN_NS, Math.min(LONGEST_MIN_NS, Math.round(thresholdNs / 2)));
    const watch = new CulpritWatch(
      {
        machine,
        minNs,
        epochRealNs: sources.epochRealNs,
        clock: { offsetNs: vantage.clockOffsetNs, uncertaintyNs: clockUncertaintyNs[vantage.name] ?? 0 },
      },
      sources.tracer(machine, vantage.name, minNs),
    );
    this.#watches.set(machine, watch);
    if (!sources.recorded) tell(`tracing ${machine}: who keeps received packets waiting there`);
    this.#ended.push(
      watch.follow(onCulprit, evidence).then((why) => {
        if (why === undefined || sources.recorded) return;
        this.notes.push(`${machine} could not be traced: ${why}`);
        tell(`${machine} is not traced: ${why}`);
      }),
    );
  }
}
