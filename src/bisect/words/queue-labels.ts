import type { IncidentFlows } from '../evidence/incident-flows.js';

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

/** @param incidents how many */
export function oneQueue(incidents: number): QueueLabels {
  return { of: new Array<number>(incidents).fill(0), count: 1 };
}

/** Puts incidents together in which the same flows waited. */
export function labelQueues(incidents: readonly IncidentFlows[], hashed: readonly boolean[]): QueueLabels {
  const byFlow = [...hashed.keys()].filter((path) => hashed[path]);
  const leaders: Leader[] = [];
  const labels = incidents.map((seen) => {
    const found = leaders.findIndex((leader) => isAlike(leader, seen, byFlow));
    if (found < 0) leaders.push([]);
    learn(leaders.at(found) as Leader, seen, byFlow);
    return found < 0 ? leaders.length - 1 : found;
  });
  return { of: labels, count: Math.max(1, leaders.length) };
}

/** By path, then by flow: whether it waited in the first of the incidents of a queue that saw it. */
type Leader = ((boolean | undefined)[] | undefined)[];

function learn(leader: Leader, { flows, begins, seen }: IncidentFlows, byFlow: readonly number[]): void {
  for (const path of byFlow) {
    if (seen[path] === 0) continue;
    leader[path] ??= [];
    const known = leader[path];
    const middle = begins[2 * path + 1] as number;
    const end = begins[2 * path + 2] as number;
    for (let at = begins[2 * path] as number; at < end; at += 1) known[flows[at] as number] ??= at < middle;
  }
}

function isAlike(leader: Leader, { flows, begins }: IncidentFlows, byFlow: readonly number[]): boolean {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (const path of byFlow) {
    const known = leader[path];
    if (known === undefined) continue;
    const middle = begins[2 * path + 1] as number;
    const end = begins[2 * path + 2] as number;
    for (let at = begins[2 * path] as number; at < end; at += 1) {
      const other = known[flows[at] as number];
      if (other === undefined) continue;
      const held = at < middle;
      both += 1;
      if (held || other) heldByEither += 1;
      if (held !== other) continue;
      same += 1;
      if (held) heldByBoth += 1;
    }
  }
  return both > 0 && same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither;
}
