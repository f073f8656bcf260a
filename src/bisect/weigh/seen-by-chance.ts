import type { IncidentFlows } from '../evidence/incident-flows.js';
import type { HashedPath } from '../paths/hashed-path.js';
import { newPortHeld } from './queue-unit.js';

/** An incident that was seen as something of what was under way happened to meet the queue. */
export interface Shown {
  /** On which something waited. */
  readonly path: number;
  /** What was under way and lay on a queue by chance, and what met the queues on the way back once more. */
  readonly once: number;
  readonly twice: number;
}

/** How a machine spreads packets, as far as it matters to what is seen. */
export interface Spreading {
  /** By path; null where it is not held by flow. */
  readonly paths: readonly (HashedPath | null)[];
  /** Whether what is under way on a path lies on queues of its own, and not all of it on that of its addresses. */
  readonly isApart: (path: HashedPath) => boolean;
  /** Another queue stalls each time. */
  readonly moving: boolean;
}

/**
 * The incidents that are seen by chance: a stall that nothing under way meets is none. Where the same queue stalls each
 * time, flows with ports of their own are known to lie on it or not, so that only those are in which new ports alone
 * waited. Where another one does each time, all are.
 */
export function shownByChance(incidents: readonly IncidentFlows[], spreading: Spreading): readonly Shown[] {
  const { paths, isApart } = spreading;
  const hashed = paths.flatMap((path, index) =>
    path === null ? [] : [{ index, apart: isApart(path), twice: path.twice, group: path.group }],
  );
  return incidents.flatMap((incident) => shown(incident, hashed, spreading.moving) ?? []);
}

interface Hashed extends Pick<HashedPath, 'twice' | 'group'> {
  readonly index: number;
  readonly apart: boolean;
}

function shown(
  { begins, mixed, freshHeld, freshClean }: IncidentFlows,
  hashed: readonly Hashed[],
  moving: boolean,
): Shown | null {
  let [first, once, twice] = [-1, 0, 0];
  let addresses: string[] | undefined;
  for (const { index, apart, twice: again, group } of hashed) {
    const both = mixed[index] as number;
    const begin = begins[2 * index] as number;
    const newHeld = freshHeld[index] as number;
    const flowsHeld = begins[2 * index + 1] !== begin || both > 0;
    // What lies where its addresses do is one more flow whose queue is known.
    if (!moving && (flowsHeld || (newHeld > 0 && !apart))) return null;
    if (first < 0 && (flowsHeld || newHeld > 0)) first = index;
    const flows = (begins[2 * index + 2] as number) - begin + both;
    const newPorts = newHeld + (freshClean[index] as number);
    if (apart) {
      const count = newPorts + (moving ? flows : 0);
      if (again) twice += count;
      else once += count;
    } else if (moving && flows + newPorts > 0) {
      addresses ??= [];
      if (!addresses.includes(group)) addresses.push(group);
    }
  }
  return first < 0 ? null : { path: first, once: once + (addresses?.length ?? 0), twice };
}

/**
 * What incidents are worth more as something of each was seen, with so many queues: that a first one waited says nothing.
 * It counts for the path on which it did, as long as that is what it is taken for.
 *
 * @param stalled how many of the queues were seen to stall where they change: so many of them are seen each time
 * @returns by path, minus the log of the chance to see those that it showed; paths that showed none are left out
 */
export function seenAnyway(incidents: readonly Shown[], queues: number, stalled?: number): ReadonlyMap<number, number> {
  const most = stalled === undefined ? Number.POSITIVE_INFINITY : Math.log(queues / stalled);
  const worth = new Map<number, number>();
  const [passOnce, passTwice] = [Math.log1p(-newPortHeld(queues, false)), Math.log1p(-newPortHeld(queues, true))];
  for (const { path, once, twice } of incidents) {
    const allPass = once * passOnce + twice * passTwice;
    if (allPass < 0) worth.set(path, (worth.get(path) ?? 0) + Math.min(most, -Math.log1p(-Math.exp(allPass))));
  }
  return worth;
}
