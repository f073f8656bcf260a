import type { FleetMember, FleetScreen, FleetUnit } from '../model/fleet/fleet-evidence.js';

/** What became of one way of probing one node from another. */
export interface Unit extends FleetUnit {
  /** Stalls were seen on it. */
  readonly hit: boolean;
  /** In the window, of all its protocols. */
  readonly stalls: number;
  readonly lost: number;
  /** More probes were lost than any network loses now and then. */
  readonly lossy: boolean;
}

const LEAST_LOST = 5;
/** What a store extrapolates from one stall at the border of the window. */
const LEAST_STALL = 0.5;

/** The screen of a fleet, by node. Only what agents say that can be believed. */
export interface EdgeBook {
  readonly members: ReadonlyMap<string, FleetMember>;
  readonly units: readonly Unit[];
  /** Units by the node they end at, and start from. */
  readonly into: ReadonlyMap<string, readonly Unit[]>;
  readonly outOf: ReadonlyMap<string, readonly Unit[]>;
  /** Stalls of what arrived, by node. */
  readonly inbound: ReadonlyMap<string, number>;
}

/** Sorts the screen by node. */
export function edgeBook({ members, units: watched, counts, inbound }: FleetScreen): EdgeBook {
  const byNode = new Map(members.map((member) => [member.node, member]));
  const believed = (node: string): boolean => byNode.get(node)?.agent.state === 'watching';
  const sums = new Map<string, { stalls: number; lost: number }>();
  for (const { stalls, lost, ...unit } of counts) {
    const known = sums.get(unitKey(unit));
    if (known === undefined) sums.set(unitKey(unit), { stalls, lost });
    else {
      known.stalls += stalls;
      known.lost += lost;
    }
  }
  const units = watched
    .filter(({ from }) => believed(from))
    .map(({ from, to, kind }): Unit => {
      const { stalls = 0, lost = 0 } = sums.get(unitKey({ from, to, kind })) ?? {};
      return { from, to, kind, stalls, lost, hit: stalls >= LEAST_STALL, lossy: lost >= LEAST_LOST };
    });
  return {
    members: byNode,
    units,
    into: grouped(units, ({ to }) => to),
    outOf: grouped(units, ({ from }) => from),
    inbound: new Map(inbound.filter(({ node }) => believed(node)).map(({ node, stalls }) => [node, stalls])),
  };
}

function unitKey({ from, to, kind }: FleetUnit): string {
  return `${from}\0${to}\0${kind}`;
}

/** In the order of their first occurrence. */
export function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(by(one));
    if (group === undefined) groups.set(by(one), [one]);
    else group.push(one);
  }
  return groups;
}
