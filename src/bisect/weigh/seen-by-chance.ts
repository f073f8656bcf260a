import type { IncidentFlows } from '../evidence/incident-flows.js';
import type { HashedPath } from '../paths/hashed-path.js';
import { newPortHeld } from './queue-unit.js';

/** New ports that were under way on one path. */
export interface NewPorts {
  readonly path: number;
  readonly count: number;
  readonly held: boolean;
}

/**
 * Of each incident in which new ports waited, and no flow with a port of its own on any path that is held by flow: the
 * new ports that were under way. Such a stall is seen only where one of them happens to meet the queue; those that none
 * met are no incidents.
 *
 * @param hashed by path, whether it is held by flow
 */
export function seenByChance(incidents: readonly IncidentFlows[], hashed: readonly boolean[]): readonly NewPorts[][] {
  const byFlow = [...hashed.keys()].filter((path) => hashed[path]);
  return incidents.flatMap(({ begins, mixed, freshHeld, freshClean }) => {
    const found: NewPorts[] = [];
    let held = false;
    for (const path of byFlow) {
      if (begins[2 * path] !== begins[2 * path + 1] || (mixed[path] as number) > 0) return [];
      const count = (freshHeld[path] as number) + (freshClean[path] as number);
      if (count === 0) continue;
      const waited = (freshHeld[path] as number) > 0;
      held ||= waited;
      found.push({ path, count, held: waited });
    }
    return held ? [found] : [];
  });
}

/**
 * What these incidents are worth more as something of each was seen, where the flows with ports of their own are known
 * to lie on other queues: that the first new port waited says nothing. It counts for the path that it waited on, as long
 * as that is what it is taken for.
 *
 * @param isApart whether the new ports of a path lie on queues of their own, and not on that of its addresses
 * @returns by path, minus the log of the chance to see those that it showed; paths that showed none are left out
 */
export function seenAnyway(
  incidents: readonly (readonly NewPorts[])[],
  queues: number,
  paths: readonly (HashedPath | null)[],
  isApart: (path: HashedPath) => boolean,
): ReadonlyMap<number, number> {
  const worth = new Map<number, number>();
  for (const incident of incidents) {
    let allPass = 0;
    let shownBy = -1;
    for (const { path: index, count, held } of incident) {
      const path = paths[index];
      if (!path) continue;
      if (!isApart(path)) {
        // What lies where its addresses do is a flow like those with ports of their own.
        if (held) allPass = Number.NEGATIVE_INFINITY;
        continue;
      }
      allPass += count * Math.log1p(-newPortHeld(queues, path.twice));
      if (held && shownBy < 0) shownBy = index;
    }
    if (shownBy >= 0 && allPass > Number.NEGATIVE_INFINITY)
      worth.set(shownBy, (worth.get(shownBy) ?? 0) - Math.log1p(-Math.exp(allPass)));
  }
  return worth;
}
