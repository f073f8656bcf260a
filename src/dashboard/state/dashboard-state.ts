import type { Pause } from '../../model/engine-event.js';
import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';
import type { Verdict } from '../../model/verdict.js';
import type { CulpritWords, DashboardEvent, VantageState } from '../dashboard-feed.js';
import { IncidentLog } from './incident-log.js';
import { PathState } from './path-state.js';

/** Probes remembered on all paths together, and on one at most. */
const PROBES_KEPT = 1_000_000;
const PROBES_KEPT_ON_ONE = 32_768;
const PROBES_KEPT_AT_LEAST = 1_024;
const CULPRITS_KEPT = 20;
const PAUSES_KEPT = 100;

export interface Standing {
  readonly verdict: Verdict;
  readonly waitsFor: string;
  readonly settled: boolean;
}

export interface VantageStanding {
  readonly state: VantageState;
  readonly why: string | undefined;
}

/** All that the dashboard knows. A function of the events alone: it reads no clock. */
export class DashboardState {
  /** The first record; later ones add paths. */
  run: RunRecord | undefined;
  readonly paths: PathState[] = [];
  readonly #byName = new Map<string, PathState>();
  readonly log = new IncidentLog();
  readonly vantages = new Map<string, VantageStanding>();
  readonly quality = new Map<string, QualityRecord>();
  readonly culprits: CulpritWords[] = [];
  /** When a prober did not run. */
  readonly pauses: Pause[] = [];
  standing: Standing | undefined;
  /** The largest instant heard of. */
  nowNs = 0;
  /** From which the counts run. */
  sinceNs = 0;

  /** @param expectedPaths bounds the memory of each path */
  constructor(private readonly expectedPaths: number) {}

  get thresholdNs(): number {
    return this.run?.thresholdNs ?? 0;
  }

  take(event: DashboardEvent): void {
    switch (event.kind) {
      case 'run':
        this.#takeRun(event.run, event.vantage);
        return;
      case 'samples':
        this.#takeSamples(event.samples, event.paths);
        return;
      case 'finding': {
        const { finding } = event;
        this.#byName.get(finding.path)?.takeFinding(finding, this.nowNs);
        this.log.add({ kind: 'finding', atNs: finding.release, finding });
        return;
      }
      case 'outage':
        this.log.add({ kind: 'outage', atNs: event.outage.at, outage: event.outage });
        return;
      case 'incident':
        this.log.addIncident(event.incident);
        return;
      case 'summaries':
        for (const summary of event.summaries) {
          const path = this.#byName.get(summary.path);
          if (path === undefined) continue;
          path.coverage = summary.coverage;
          path.sendErrorNs = summary.sendErrorNs;
        }
        return;
      case 'quality':
        this.quality.set(event.vantage ?? '', event.quality);
        return;
      case 'pause':
        this.pauses.push(event.pause);
        if (this.pauses.length > PAUSES_KEPT) this.pauses.shift();
        return;
      case 'standing':
        this.standing = { verdict: event.verdict, waitsFor: event.waitsFor, settled: event.settled };
        return;
      case 'culprit':
        this.culprits.push(event.culprit);
        if (this.culprits.length > CULPRITS_KEPT) this.culprits.shift();
        this.log.add({ kind: 'culprit', atNs: event.culprit.releaseNs, culprit: event.culprit });
        return;
      case 'vantage':
        this.vantages.set(event.vantage, { state: event.state, why: event.why });
        return;
      case 'message':
        this.log.add({ kind: 'message', atNs: this.nowNs, text: event.text });
        return;
      case 'clock':
        if (event.timeNs > this.nowNs) this.nowNs = event.timeNs;
        return;
    }
  }

  /** Starts counting anew. The posterior goes on: it belongs to the run. */
  reset(): void {
    this.sinceNs = this.nowNs;
    for (const path of this.paths) path.reset();
    this.log.clear();
    this.culprits.length = 0;
    this.pauses.length = 0;
  }

  #takeRun(run: RunRecord, vantage: string | undefined): void {
    this.run ??= run;
    const shared = Math.floor(PROBES_KEPT / Math.max(1, this.expectedPaths));
    const capacity = Math.min(PROBES_KEPT_ON_ONE, Math.max(PROBES_KEPT_AT_LEAST, shared));
    for (const planned of run.paths) {
      if (this.#byName.has(planned.path)) continue;
      const path = new PathState(planned, vantage, capacity);
      this.#byName.set(planned.path, path);
      this.paths.push(path);
    }
  }

  #takeSamples(samples: SampleColumns, names: readonly string[]): void {
    const paths = names.map((name) => this.#byName.get(name));
    for (let i = 0; i < samples.length; i += 1) {
      const path = paths[samples.path[i] as number];
      if (path === undefined) continue;
      path.takeSample(samples, i);
      const knownNs = (samples.sentNs[i] as number) + Math.max(0, samples.rttNs[i] as number);
      if (knownNs > this.nowNs) this.nowNs = knownNs;
    }
  }
}
