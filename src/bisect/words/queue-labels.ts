import type { Observation } from '../evidence/observation.js';

/** Which of several stalled queues each incident is taken to be, by what waited in it. */
export interface QueueLabels {
  /** By incident, from 0. */
  readonly of: readonly number[];
  readonly count: number;
}

/** Share of the flows seen in both of two incidents that must have fared alike for one queue. */
const ALIKE = 0.9;
/** Of the flows that waited in either, the share that waited in both. */
const HELD_ALIKE = 0.5;

export function oneQueue(incidents: readonly Observation[]): QueueLabels {
  return { of: incidents.map(() => 0), count: 1 };
}

/** Puts incidents together in which the same flows waited. */
export function labelQueues(incidents: readonly Observation[], hashed: readonly boolean[]): QueueLabels {
  const leaders: Map<string, boolean>[] = [];
  const labels = incidents.map((incident) => {
    const states = statesOf(incident, hashed);
    const found = leaders.findIndex((leader) => isAlike(leader, states));
    const leader = leaders[found];
    if (leader === undefined) {
      leaders.push(states);
      return leaders.length - 1;
    }
    for (const [unit, held] of states) if (!leader.has(unit)) leader.set(unit, held);
    return found;
  });
  return { of: labels, count: Math.max(1, leaders.length) };
}

function statesOf(incident: Observation, hashed: readonly boolean[]): Map<string, boolean> {
  const states = new Map<string, boolean>();
  for (const [path, seen] of incident.paths.entries()) {
    if (!seen || !hashed[path]) continue;
    for (const flow of seen.hit) states.set(`${path} ${flow}`, true);
    for (const flow of seen.clean) states.set(`${path} ${flow}`, false);
  }
  return states;
}

function isAlike(a: ReadonlyMap<string, boolean>, b: ReadonlyMap<string, boolean>): boolean {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (const [unit, held] of b) {
    const other = a.get(unit);
    if (other === undefined) continue;
    both += 1;
    if (other === held) same += 1;
    if (other || held) heldByEither += 1;
    if (other && held) heldByBoth += 1;
  }
  return both > 0 && same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither;
}
