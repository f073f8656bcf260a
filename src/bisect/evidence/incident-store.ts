import { MS, SECOND } from '../../model/time.js';
import { COINCIDES } from './cpu-view.js';
import { type LocalEvidence, spanOf, type TraceCoverage } from './local-evidence.js';
import { isTelling, type Observation } from './observation.js';
import type { SeenIncident } from './observe-incident.js';

/** Older incidents are forgotten: memory does not grow with time. */
export const MOST_INCIDENTS = 300;
const LOCAL_REMEMBERED_NS = 60 * SECOND;
const MOST_LOCAL = 20_000;
/** Local evidence may be this much off the incident it belongs to. */
const LOCAL_SLACK_NS = 5 * MS;
/** Incidents are stored by their end, more or less: one added later may have ended so much earlier. */
const LONGEST_INCIDENT_NS = 30 * SECOND;

/** The incidents of a run, each with the local evidence about its interval, whichever comes first. */
export class IncidentStore {
  #incidents: Observation[] = [];
  #local: LocalEvidence[] = [];
  /** By machine, the latest stretch of tracing. */
  readonly #coverage = new Map<string, TraceCoverage>();
  #forgotten = 0;
  #revision = 0;

  get incidents(): readonly Observation[] {
    return this.#incidents;
  }

  /** Incidents that the verdict no longer rests on. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** All incidents so far, those that were forgotten too. */
  get count(): number {
    return this.#incidents.length + this.#forgotten;
  }

  /** Changes with whatever may change a verdict: by one with each incident. */
  get revision(): number {
    return this.#revision;
  }

  /** Machines whose kernel was asked at any time. */
  get traced(): string[] {
    return [...this.#coverage.keys()];
  }

  /** By machine, the incidents during which its kernel was asked all the while. */
  get asked(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const machine of this.#incidents.flatMap(({ traced }) => traced)) counts[machine] = (counts[machine] ?? 0) + 1;
    return counts;
  }

  add(seen: SeenIncident): Observation {
    const local = this.#local.filter((piece) => isAbout(piece, seen));
    const observation: Observation = { ...seen, local, traced: this.#tracedDuring(seen) };
    if (isTelling(observation)) {
      this.#incidents.push(observation);
      this.#revision += 1;
      if (this.#incidents.length > MOST_INCIDENTS) {
        this.#incidents.shift();
        this.#forgotten += 1;
      }
    }
    return observation;
  }

  addLocal(piece: LocalEvidence): void {
    this.#local.push(piece);
    if (this.#local.length > MOST_LOCAL) {
      this.#local.shift();
    }
    const { fromNs } = spanOf(piece);
    for (let i = this.#incidents.length - 1; i >= 0; i -= 1) {
      const incident = this.#incidents[i] as Observation;
      // They stand in the order of release: nothing further back can be about it.
      if (incident.releaseNs < fromNs - LONGEST_INCIDENT_NS) break;
      if (!isAbout(piece, incident)) continue;
      this.#incidents[i] = { ...incident, local: [...incident.local, piece] };
      this.#revision += 1;
    }
  }

  /** The kernel of a machine is asked from some instant on, or was until another: what is told last holds. */
  trace(coverage: TraceCoverage): void {
    this.#coverage.set(coverage.machine, coverage);
    this.#revision += 1;
    this.#incidents = this.#incidents.map((incident) => ({ ...incident, traced: this.#tracedDuring(incident) }));
  }

  /** Evidence too old for any incident still to come is let go. */
  forgetBefore(nowNs: number): void {
    this.#local = this.#local.filter((piece) => spanOf(piece).toNs >= nowNs - LOCAL_REMEMBERED_NS);
  }

  #tracedDuring({ startMaxNs, releaseNs }: Pick<Observation, 'startMaxNs' | 'releaseNs'>): string[] {
    return [...this.#coverage.values()].flatMap(({ machine, fromNs, toNs, minNs }) =>
      fromNs <= startMaxNs && toNs >= releaseNs && minNs <= COINCIDES * (releaseNs - startMaxNs) ? [machine] : [],
    );
  }
}

function isAbout(piece: LocalEvidence, incident: Pick<Observation, 'startMaxNs' | 'releaseNs'>): boolean {
  const { fromNs, toNs } = spanOf(piece);
  return toNs >= incident.startMaxNs - LOCAL_SLACK_NS && fromNs <= incident.releaseNs + LOCAL_SLACK_NS;
}
