import type { IncidentFlows } from '../evidence/incident-flows.js';
import type { HashedPath } from '../paths/hashed-path.js';
import { newPortHeld } from './queue-unit.js';

/** What was under way on one path, which a queue may hold. */
export interface UnderWay {
  readonly path: number;
  /** Flows with ports of their own. */
  readonly flows: number;
  readonly newPorts: number;
  /** Whether any of them waited: flows, new ports. */
  readonly flowsHeld: boolean;
  readonly newHeld: boolean;
}

/**
 * Of each incident in which anything waited that is held by flow, what was under way: a stall is seen only where
 * something of that happens to meet the queue, and those that nothing met are no incidents.
 *
 * @param hashed by path, whether it is held by flow
 */
export function underWay(incidents: readonly IncidentFlows[], hashed: readonly boolean[]): readonly UnderWay[][] {
  const byFlow = [...hashed.keys()].filter((path) => hashed[path]);
  return incidents.flatMap(({ begins, mixed, freshHeld, freshClean }) => {
    const found: UnderWay[] = [];
    let held = false;
    for (const path of byFlow) {
      const both = mixed[path] as number;
      const flows = (begins[2 * path + 2] as number) - (begins[2 * path] as number) + both;
      const newPorts = (freshHeld[path] as number) + (freshClean[path] as number);
      if (flows + newPorts === 0) continue;
      const flowsHeld = begins[2 * path] !== begins[2 * path + 1] || both > 0;
      const newHeld = (freshHeld[path] as number) > 0;
      held ||= flowsHeld || newHeld;
      found.push({ path, flows, newPorts, flowsHeld, newHeld });
    }
    return held ? [found] : [];
  });
}

/** How a machine spreads packets, as far as it matters to what is seen. */
export interface Spreading {
  readonly queues: number;
  readonly paths: readonly (HashedPath | null)[];
  /** Whether what is under way on a path lies on queues of its own, and not all of it on that of its addresses. */
  readonly isApart: (path: HashedPath) => boolean;
  /** Another queue stalls each time. */
  readonly moving: boolean;
}

/**
 * What these incidents are worth more as something of each was seen. It counts for the path that waited first, as long as
 * that is what it is taken for.
 *
 * Where the same queue stalls each time, flows with ports of their own are known to lie on it or not: only where new
 * ports alone waited it is by chance that anything was seen. Where another one does each time, it always is.
 *
 * @returns by path, minus the log of the chance to see those that it showed; paths that showed none are left out
 */
export function seenAnyway(
  incidents: readonly (readonly UnderWay[])[],
  spreading: Spreading,
): ReadonlyMap<number, number> {
  const worth = new Map<number, number>();
  for (const incident of incidents) {
    const shownBy = incident.find(({ path, newHeld, flowsHeld }) => spreading.paths[path] && (newHeld || flowsHeld));
    const allPass = chanceThatAllPass(incident, spreading);
    if (shownBy !== undefined && allPass < 0 && allPass > Number.NEGATIVE_INFINITY)
      worth.set(shownBy.path, (worth.get(shownBy.path) ?? 0) - Math.log1p(-Math.exp(allPass)));
  }
  return worth;
}

/** log of it; -Infinity where something is known to wait. */
function chanceThatAllPass(incident: readonly UnderWay[], { queues, paths, isApart, moving }: Spreading): number {
  let chance = 0;
  const addresses = new Set<string>();
  for (const { path: index, flows, newPorts, flowsHeld, newHeld } of incident) {
    const path = paths[index];
    if (!path) continue;
    const apart = isApart(path);
    // What lies where its addresses do is one more flow whose queue is known.
    if (!moving && (flowsHeld || (newHeld && !apart))) return Number.NEGATIVE_INFINITY;
    if (!apart) addresses.add(path.group);
    else chance += (newPorts + (moving ? flows : 0)) * Math.log1p(-newPortHeld(queues, path.twice));
  }
  return chance + (moving ? addresses.size * Math.log1p(-newPortHeld(queues, false)) : 0);
}
