import { MOST_NAMED_PORTS } from '../../model/plan.js';
import { type FlowSighting, groupFlows } from '../../stats/flow-groups.js';

/** By path of a sweep, what stands for each of its flows: its source port. Empty for a path without ports. */
export type PortsByPath = readonly (readonly number[])[];

/** Which flows of a sweep are kept, and what must go on to hold for them. */
export interface KeptFlows {
  /** In the order in which they are visited. */
  readonly ports: PortsByPath;
  /** Flows by {@link flowOf}, numbered as in `ports`, that share a queue which stalls; one list a queue. */
  readonly together: readonly (readonly number[])[];
  /** Those that passed whenever they were seen. */
  readonly passing: readonly number[];
}

/** Stalls that held some flows and let others pass, before a grouping is taken for known. */
const LEAST_STALLS = 4;
/** A flow is known once it was seen in so many of them. */
const LEAST_SEEN = 3;
/** The part of what was held that known flows of known queues must explain. */
const MOST_HELD = 0.9;
/** Flows of one path that are kept of a queue which stalls: one alone would not show that flows are grouped anew. */
const OF_A_QUEUE = 2;
/** Ports that were not used before: they cross any queue. */
const FRESH = 2;
/** Flows that pass are a control: at least so many of a path. */
const LEAST_PASSING = 2;
/** Worth a new start: queues that stall are crossed so much more often. */
const LEAST_GAIN = 1.25;
const FLOWS_A_PATH = 0x1_0000;
/** As probers claim ports against each other: what lies beside ports of ours is nobody else's. */
const PORT_BLOCK = 64;

/** One number for a flow of a path. */
export const flowOf = (path: number, flow: number): number => path * FLOWS_A_PATH + flow;

/**
 * Of a sweep whose flows are known to be grouped, keeps two flows of each queue that stalls on each path, of those that
 * pass as many as there are further queues, and two new ports: so a queue that stalls is crossed more often at the same
 * rate. Says nothing (null) as long as the grouping is not certain, or where little would be gained.
 *
 * @param sightings flows by {@link flowOf}, of the stalls that the sweep saw
 * @param ports of the sweep so far
 * @param range what new ports may be taken from
 */
export function keptFlows(
  sightings: readonly FlowSighting[],
  ports: PortsByPath,
  range: readonly [number, number],
): KeptFlows | null {
  const parting = sightings.filter(({ hit, passed }) => hit.length > 0 && passed.length > 0);
  if (parting.length < LEAST_STALLS) return null;
  const { stalled, passing, queues } = groupFlows(parting);
  const held = countOf(parting.flatMap(({ hit }) => hit));
  const seen = countOf(parting.flatMap(({ hit, passed }) => [...hit, ...passed]));
  const bestFirst = (flows: readonly number[]): number[] =>
    flows.filter((flow) => seen(flow) >= LEAST_SEEN).sort((a, b) => seen(b) - seen(a) || a - b);
  const groups = stalled
    .map((group) => bestFirst(group).filter((flow) => held(flow) >= LEAST_SEEN))
    .filter((group) => group.length > 0);
  const explained = sumOf(groups.flat().map(held));
  if (queues === null || explained < MOST_HELD * sumOf(parting.map(({ hit }) => hit.length))) return null;

  const clean = bestFirst(passing);
  const parted = ports.flatMap((_, path) => (groups.flat().some(isOf(path)) && clean.some(isOf(path)) ? [path] : []));
  const further = Math.max(0, queues.likely - groups.length);
  const controls = Math.max(LEAST_PASSING, Math.ceil(further / Math.max(1, parted.length)));
  const used = new Set(ports.flat());
  const chosen = ports.map((own, path) => {
    if (!parted.includes(path)) return own.map((_, flow) => flow);
    const of = (group: readonly number[], most: number): number[] =>
      group
        .filter(isOf(path))
        .slice(0, most)
        .map((flow) => flow % FLOWS_A_PATH);
    const kept = groups.map((group) => of(group, OF_A_QUEUE));
    const order = spreadOut(kept, of(clean, controls));
    const before = stalled.map((group) => group.filter(isOf(path)).length / own.length);
    const after = kept.map((flows) => flows.length / (order.length + FRESH));
    return sumOf(after) < LEAST_GAIN * sumOf(before) ? own.map((_, flow) => flow) : order;
  });
  if (chosen.every((flows, path) => flows.length === ports[path]?.length)) return null;
  const named = chosen.map((flows, path) => {
    const own = ports[path] as readonly number[];
    const fresh = flows.length < own.length ? newPorts(own, used, range) : [];
    return [...flows.map((flow) => own[flow] as number), ...fresh];
  });
  if (named.some(({ length }) => length > MOST_NAMED_PORTS)) return null;

  const renumbered = (flows: readonly number[]): number[] =>
    flows.flatMap((flow) => {
      const path = Math.floor(flow / FLOWS_A_PATH);
      const at = chosen[path]?.indexOf(flow % FLOWS_A_PATH) ?? -1;
      return at < 0 ? [] : [flowOf(path, at)];
    });
  return { ports: named, together: groups.map(renumbered), passing: renumbered(clean) };
}

const isOf =
  (path: number) =>
  (flow: number): boolean =>
    Math.floor(flow / FLOWS_A_PATH) === path;

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function countOf(flows: readonly number[]): (flow: number) => number {
  const counts = new Map<number, number>();
  for (const flow of flows) counts.set(flow, (counts.get(flow) ?? 0) + 1);
  return (flow) => counts.get(flow) ?? 0;
}

/** The two flows of each queue half a turn apart, as far as that goes: then it is crossed at even distances. */
function spreadOut(queues: readonly (readonly number[])[], others: readonly number[]): number[] {
  const half = Math.ceil(others.length / 2);
  const first = queues.flatMap((flows) => flows.slice(0, 1));
  const second = queues.flatMap((flows) => flows.slice(1));
  return [...first, ...others.slice(0, half), ...second, ...others.slice(half)];
}

/** Ports beside those of a path, where no other prober has any. */
function newPorts(own: readonly number[], used: Set<number>, [least, most]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (const block of new Set(own.map((port) => Math.floor(port / PORT_BLOCK)))) {
    for (let port = block * PORT_BLOCK; port < (block + 1) * PORT_BLOCK && found.length < FRESH; port += 1) {
      if (port < least || port > most || used.has(port)) continue;
      used.add(port);
      found.push(port);
    }
  }
  return found;
}
