import type { MachineAccount } from '../evidence/machine-account.js';
import type { MisdescribedPath } from '../evidence/misdescribed-paths.js';
import { isHit, type Observation } from '../evidence/observation.js';
import type { Replies } from '../evidence/other-descriptions.js';
import type { FlowProfiles } from '../paths/path-log.js';
import type { Topology } from '../paths/topology.js';
import { type IncidentScores, incidentScores } from './incident-scores.js';

/** All that is known when the causes are weighed. */
export interface Case {
  readonly topology: Topology;
  readonly incidents: readonly Observation[];
  /** By incident. */
  readonly scores: readonly IncidentScores[];
  /** Paths that are not what the hosts file says. */
  readonly misdescribed: readonly MisdescribedPath[];
  /** By path: its port leads to several pods. */
  readonly branching: readonly boolean[];
  /** By path; null where nobody wrote by hand where the paths lead. */
  readonly replies: readonly Replies[] | null;
  /** By path, then by fixed flow: what tells the ways of flows apart. */
  readonly profiles: readonly FlowProfiles[];
  /** How long the paths were watched. */
  readonly seconds: number;
  /** Machines whose CPUs are watched from within. */
  readonly heartbeats: ReadonlySet<string>;
  /** What machines counted of the servers on them. */
  readonly accounts: readonly MachineAccount[];
  /** Number of receive queues, of machines that could be asked. */
  readonly queues: Readonly<Record<string, number>>;
}

export function makeCase(facts: Omit<Case, 'scores'>): Case {
  return { ...facts, scores: facts.incidents.map((incident) => incidentScores(incident, facts.topology)) };
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
