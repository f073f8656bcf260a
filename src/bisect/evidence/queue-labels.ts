import type { IncidentFlows } from './incident-flows.js';

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
  const places = new Places(incidents, hashed);
  const leaders: Uint8Array[] = [];
  const labels = incidents.map((seen) => {
    let found = -1;
    let most = 0;
    for (let label = 0; label < leaders.length; label += 1) {
      const both = places.heldByBoth(leaders[label] as Uint8Array, seen);
      if (both > most) [found, most] = [label, both];
    }
    if (found < 0) leaders.push(new Uint8Array(places.count));
    places.learn((found < 0 ? leaders.at(-1) : leaders[found]) as Uint8Array, seen);
    return found < 0 ? leaders.length - 1 : found;
  });
  const merged = mergedLabels(leaders);
  return { of: labels.map((label) => merged.of[label] as number), count: Math.max(1, merged.count) };
}

/** How a flow fared in the first of the incidents of a queue that saw it; 0 where none did. */
const WAITED = 1;
const PASSED = 2;

/** Where the flows of the paths that are held by flow stand, side by side. */
class Places {
  readonly count: number;
  readonly #paths: number[] = [];
  /** By path, where its first flow stands. */
  readonly #first: number[] = [];

  constructor(incidents: readonly IncidentFlows[], hashed: readonly boolean[]) {
    let count = 0;
    for (const [path, is] of hashed.entries()) {
      if (!is) continue;
      let highest = -1;
      for (const { flows, begins } of incidents) {
        const end = begins[2 * path + 2] as number;
        for (let at = begins[2 * path] as number; at < end; at += 1) highest = Math.max(highest, flows[at] as number);
      }
      this.#paths.push(path);
      this.#first[path] = count;
      count += highest + 1;
    }
    this.count = count;
  }

  learn(leader: Uint8Array, { flows, begins }: IncidentFlows): void {
    for (const path of this.#paths) {
      const first = this.#first[path] as number;
      const middle = begins[2 * path + 1] as number;
      const end = begins[2 * path + 2] as number;
      for (let at = begins[2 * path] as number; at < end; at += 1) {
        const place = first + (flows[at] as number);
        if (leader[place] === 0) leader[place] = at < middle ? WAITED : PASSED;
      }
    }
  }

  /** Flows that waited in both; 0 also where the two are not of one queue. */
  heldByBoth(leader: Uint8Array, { flows, begins }: IncidentFlows): number {
    let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
    for (const path of this.#paths) {
      const first = this.#first[path] as number;
      const middle = begins[2 * path + 1] as number;
      const end = begins[2 * path + 2] as number;
      for (let at = begins[2 * path] as number; at < end; at += 1) {
        const before = leader[first + (flows[at] as number)] as number;
        if (before === 0) continue;
        both += 1;
        const held = at < middle;
        if (held || before === WAITED) heldByEither += 1;
        if (held !== (before === WAITED)) continue;
        same += 1;
        if (held) heldByBoth += 1;
      }
    }
    return isAlike(both, same, heldByEither, heldByBoth) ? heldByBoth : 0;
  }
}

/** Whether flows seen in both fared as those of one queue do. */
function isAlike(both: number, same: number, heldByEither: number, heldByBoth: number): boolean {
  return same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither;
}

/** By label the one that it becomes, where labels that may be one are. */
function mergedLabels(leaders: readonly Uint8Array[]): QueueLabels {
  const merged: Uint8Array[] = [];
  const of = leaders.map((leader) => {
    const found = merged.findIndex((other) => mayBeOne(other, leader));
    if (found < 0) merged.push(leader.slice());
    else add(merged[found] as Uint8Array, leader);
    return found < 0 ? merged.length - 1 : found;
  });
  return { of, count: merged.length };
}

function mayBeOne(leader: Uint8Array, other: Uint8Array): boolean {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (let place = 0; place < leader.length; place += 1) {
    const [one, two] = [leader[place] as number, other[place] as number];
    if (one === 0 || two === 0) continue;
    both += 1;
    if (one === WAITED || two === WAITED) heldByEither += 1;
    if (one !== two) continue;
    same += 1;
    if (one === WAITED) heldByBoth += 1;
  }
  return isAlike(both, same, heldByEither, heldByBoth);
}

function add(leader: Uint8Array, other: Uint8Array): void {
  for (let place = 0; place < leader.length; place += 1)
    if (leader[place] === 0) leader[place] = other[place] as number;
}
