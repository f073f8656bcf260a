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
  const byFlow = [...hashed.keys()].filter((path) => hashed[path]);
  const leaders: Leader[] = [];
  const labels = incidents.map(({ paths }) => {
    const found = leaders.findIndex((leader) => isAlike(leader, paths, byFlow));
    if (found < 0) leaders.push([]);
    learn(leaders.at(found) as Leader, paths, byFlow);
    return found < 0 ? leaders.length - 1 : found;
  });
  return { of: labels, count: Math.max(1, leaders.length) };
}

/** By path, then by flow: whether it waited in the first of the incidents of a queue that saw it. */
type Leader = ((boolean | undefined)[] | undefined)[];

function learn(leader: Leader, paths: Observation['paths'], byFlow: readonly number[]): void {
  for (const path of byFlow) {
    const seen = paths[path];
    if (!seen) continue;
    leader[path] ??= [];
    const known = leader[path];
    for (const flow of seen.hit) known[flow] ??= true;
    for (const flow of seen.clean) known[flow] ??= false;
  }
}

function isAlike(leader: Leader, paths: Observation['paths'], byFlow: readonly number[]): boolean {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (const path of byFlow) {
    const known = leader[path];
    const seen = paths[path];
    if (known === undefined || !seen) continue;
    for (const flow of seen.hit) {
      const other = known[flow];
      if (other === undefined) continue;
      both += 1;
      heldByEither += 1;
      if (!other) continue;
      same += 1;
      heldByBoth += 1;
    }
    for (const flow of seen.clean) {
      const other = known[flow];
      if (other === undefined) continue;
      both += 1;
      if (other) heldByEither += 1;
      else same += 1;
    }
  }
  return both > 0 && same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither;
}
