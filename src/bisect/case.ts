import { scoreBackground } from './background.js';
import { isHit, type Observation } from './observation.js';
import { type PathScores, scorePath } from './path-likelihood.js';
import type { Topology } from './topology.js';

/** All that is known when the causes are weighed. */
export interface Case {
  readonly topology: Topology;
  readonly incidents: readonly Observation[];
  /** By incident, then by path; null where the path says nothing. */
  readonly scores: readonly (readonly (PathScores | null)[])[];
  /** By incident: how likely it is without a cause that lasts. */
  readonly background: readonly number[];
  /** By path: flows may part behind the target, on several pods. */
  readonly several: readonly boolean[];
  /** How long the paths were watched. */
  readonly seconds: number;
  /** Machines whose CPUs are watched from within. */
  readonly heartbeats: ReadonlySet<string>;
  /** Number of receive queues, of machines that could be asked. */
  readonly queues: Readonly<Record<string, number>>;
}

export function makeCase(facts: Omit<Case, 'scores' | 'background'>): Case {
  return {
    ...facts,
    scores: facts.incidents.map(({ paths }) =>
      paths.map((seen, path) => (seen === null ? null : scorePath(seen, facts.several[path] ?? false))),
    ),
    background: facts.incidents.map(scoreBackground),
  };
}

/** Incidents in which a path was hit, and in which it was exposed and not hit. */
export function countOf(incidents: readonly Observation[], path: number): { hit: number; clean: number } {
  let [hit, clean] = [0, 0];
  for (const incident of incidents) {
    const seen = incident.paths[path];
    if (isHit(seen)) hit += 1;
    else if (seen !== null && seen !== undefined) clean += 1;
  }
  return { hit, clean };
}
