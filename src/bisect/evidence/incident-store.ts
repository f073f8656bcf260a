import { MS, SECOND } from '../../model/time.js';
import { type LocalEvidence, spanOf } from './local-evidence.js';
import { isTelling, type Observation } from './observation.js';

/** Older incidents are forgotten: memory does not grow with time. */
export const MOST_INCIDENTS = 300;
const LOCAL_REMEMBERED_NS = 60 * SECOND;
const MOST_LOCAL = 20_000;
/** Local evidence may be this much off the incident it belongs to. */
const LOCAL_SLACK_NS = 5 * MS;

/** The incidents of a run, each with the local evidence about its interval, whichever comes first. */
export class IncidentStore {
  #incidents: Observation[] = [];
  #local: LocalEvidence[] = [];
  #forgotten = 0;
  #revision = 0;

  get incidents(): readonly Observation[] {
    return this.#incidents;
  }

  /** Incidents that the verdict no longer rests on. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Changes with whatever may change a verdict. */
  get revision(): number {
    return this.#revision;
  }

  add(seen: Omit<Observation, 'local'>): Observation {
    const observation: Observation = { ...seen, local: this.#local.filter((piece) => isAbout(piece, seen)) };
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
    this.#incidents = this.#incidents.map((incident) => {
      if (!isAbout(piece, incident)) {
        return incident;
      }
      this.#revision += 1;
      return { ...incident, local: [...incident.local, piece] };
    });
  }

  /** Evidence too old for any incident still to come is let go. */
  forgetBefore(nowNs: number): void {
    this.#local = this.#local.filter((piece) => spanOf(piece).toNs >= nowNs - LOCAL_REMEMBERED_NS);
  }
}

function isAbout(piece: LocalEvidence, incident: Pick<Observation, 'startMaxNs' | 'releaseNs'>): boolean {
  const { fromNs, toNs } = spanOf(piece);
  return toNs >= incident.startMaxNs - LOCAL_SLACK_NS && fromNs <= incident.releaseNs + LOCAL_SLACK_NS;
}
