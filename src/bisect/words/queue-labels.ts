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
  const leaders: Map<number, boolean>[] = [];
  const labels = incidents.map(({ paths }) => {
    const states = statesOf(paths).filter(({ path }) => hashed[path]);
    const found = leaders.findIndex((leader) => isAlike(leader, states));
    const leader = leaders[found];
    if (leader === undefined) {
      leaders.push(new Map(states.flatMap(({ units }) => units)));
      return leaders.length - 1;
    }
    for (const { units } of states) for (const [unit, held] of units) if (!leader.has(unit)) leader.set(unit, held);
    return found;
  });
  return { of: labels, count: Math.max(1, leaders.length) };
}

const FLOWS_A_PATH = 0x1_0000;

/** What became of the flows of one path, each with a number that no flow of another path has. */
interface States {
  readonly path: number;
  readonly units: readonly (readonly [unit: number, held: boolean])[];
}

const remembered = new WeakMap<Observation['paths'], readonly States[]>();

function statesOf(paths: Observation['paths']): readonly States[] {
  let states = remembered.get(paths);
  if (states === undefined) {
    states = paths.flatMap((seen, path) => {
      if (!seen) return [];
      const as = (held: boolean) => (flow: number) => [path * FLOWS_A_PATH + flow, held] as const;
      return [{ path, units: [...seen.hit.map(as(true)), ...seen.clean.map(as(false))] }];
    });
    remembered.set(paths, states);
  }
  return states;
}

function isAlike(leader: ReadonlyMap<number, boolean>, states: readonly States[]): boolean {
  let [both, same, heldByEither, heldByBoth] = [0, 0, 0, 0];
  for (const { units } of states) {
    for (const [unit, held] of units) {
      const other = leader.get(unit);
      if (other === undefined) continue;
      both += 1;
      if (other === held) same += 1;
      if (other || held) heldByEither += 1;
      if (other && held) heldByBoth += 1;
    }
  }
  return both > 0 && same >= ALIKE * both && heldByBoth >= HELD_ALIKE * heldByEither;
}
