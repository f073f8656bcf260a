import { hasPorts } from '../../model/protocol.js';
import type { MachineAccount } from '../evidence/machine-account.js';
import type { MisdescribedPath } from '../evidence/misdescribed-paths.js';
import { isHit, type Observation } from '../evidence/observation.js';
import type { FlowProfiles } from '../paths/path-log.js';
import type { Topology } from '../paths/topology.js';
import { scoreBackground } from './background.js';
import { type PathScores, scorePath } from './path-likelihood.js';
import { QUEUES } from './priors.js';
import { scoreOnce } from './queue-likelihood.js';

/** How often what has ports is taken to be hashed by them, in a single incident. */
const OFTEN_BY_PORTS = 0.8;

interface ScoresOnPath extends PathScores {
  /** Where a queue holds its part of the flows and nothing is known of their places: by number of queues. */
  readonly byQueues: readonly number[];
}

/** All that is known when the causes are weighed. */
export interface Case {
  readonly topology: Topology;
  readonly incidents: readonly Observation[];
  /** By incident, then by path; null where the path says nothing. */
  readonly scores: readonly (readonly (ScoresOnPath | null)[])[];
  /** By incident: how likely it is without a cause that lasts. */
  readonly background: readonly number[];
  /** Paths that are not what the hosts file says. */
  readonly misdescribed: readonly MisdescribedPath[];
  /** By path, then by fixed flow: what tells the ways of flows apart. */
  readonly profiles: readonly FlowProfiles[];
  /** How long the paths were watched. */
  readonly seconds: number;
  /** Machines whose CPUs are watched from within. */
  readonly heartbeats: ReadonlySet<string>;
  /** What machines counted of the servers on them. */
  readonly accounts: ReadonlyMap<string, MachineAccount>;
  /** Number of receive queues, of machines that could be asked. */
  readonly queues: Readonly<Record<string, number>>;
}

export function makeCase(facts: Omit<Case, 'scores' | 'background'>): Case {
  return {
    ...facts,
    scores: facts.incidents.map(({ paths }) =>
      paths.map((seen, path) => {
        if (seen === null) return null;
        const byPorts = hasPorts(facts.topology.paths[path]?.protocol ?? 'icmp') ? OFTEN_BY_PORTS : 0;
        return {
          ...scorePath(seen),
          byQueues: QUEUES.map(([queues]) => scoreOnce(seen, queues, byPorts)),
        };
      }),
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
