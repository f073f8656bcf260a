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

/**
 * Puts incidents together in which the same flows waited. Those that have none in common, and of which nothing says that
 * they are of different queues, are put together as well: of few queues there are no more than it takes.
 */
export function labelQueues(incidents: readonly IncidentFlows[], hashed: readonly boolean[]): QueueLabels {
  const byFlow = [...hashed.keys()].filter((path) => hashed[path]);
  const leaders: Leader[] = [];
  const labels = incidents.map((seen) => {
    const incident: Leader = [];
    learn(incident, seen, byFlow);
    let found = -1;
    let most = 0;
    for (const [label, leader] of leaders.entries()) {
      const { isAlike, heldByBoth } = compare(leader, incident);
      if (isAlike && heldByBoth > most) [found, most] = [label, heldByBoth];
    }
    if (found < 0) leaders.push(incident);
    else add(leaders[found] as Leader, incident);
    return found < 0 ? leaders.length - 1 : found;
  });
  const merged = mergedLabels(leaders);
  return { of: labels.map((label) => merged.of[label] as number), count: Math.max(1, merged.count) };
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

function add(leader: Leader, other: Leader): void {
  for (const [path, flows] of other.entries()) {
    if (flows === undefined) continue;
    leader[path] ??= [];
    const known = leader[path];
    for (const [flow, held] of flows.entries()) if (held !== undefined) known[flow] ??= held;
  }
}

interface Likeness {
  /** Nothing says that they are of different queues. */
  readonly isAlike: boolean;
  readonly heldByBoth: number;
}

function compare(leader: Leader, other: Leader): Likeness {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (const [path, flows] of other.entries()) {
    const known = leader[path];
    if (flows === undefined || known === undefined) continue;
    for (const [flow, held] of flows.entries()) {
      const before = known[flow];
      if (held === undefined || before === undefined) continue;
      both += 1;
      if (held || before) heldByEither += 1;
      if (held !== before) continue;
      same += 1;
      if (held) heldByBoth += 1;
    }
  }
  return { isAlike: same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither, heldByBoth };
}

/** By label the one that it becomes, where labels that may be one are. */
function mergedLabels(leaders: readonly Leader[]): QueueLabels {
  const merged: Leader[] = [];
  const of = leaders.map((leader) => {
    const found = merged.findIndex((other) => compare(other, leader).isAlike);
    if (found < 0) merged.push([...leader.map((flows) => flows?.slice())]);
    else add(merged[found] as Leader, leader);
    return found < 0 ? merged.length - 1 : found;
  });
  return { of, count: merged.length };
}
