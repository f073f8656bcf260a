import type { PlannedPath } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';

/** Where no system hands out ports by default, and no Kubernetes NodePort lies. */
const FIRST_PORT = 10_000;
const LAST_PORT = 29_999;
/** For how long a fresh port rests, which is how many of them a path needs for each probe a second. */
const FRESH_REST_S = 130;
/** So much more than is needed, as some ports are taken. */
const ROOM = 1.25;

/**
 * Source ports for each prober of a bisection, disjoint: several may leave by one masquerade, which would send one of
 * two with the same port from another, so that its replies go unseen. In the order given; `undefined` for all where there
 * are too many for that.
 */
export function portShares(probers: readonly (readonly PlannedPath[])[]): (readonly [number, number] | undefined)[] {
  const needs = probers.map((paths) => Math.ceil(paths.reduce((sum, path) => sum + portsOf(path), 0) * ROOM));
  const all = LAST_PORT + 1 - FIRST_PORT;
  const wanted = needs.reduce((sum, need) => sum + need, 0);
  if (wanted === 0 || wanted > all) return probers.map(() => undefined);
  let first = FIRST_PORT;
  return needs.map((need) => {
    if (need === 0) return undefined;
    const share = Math.floor((need * all) / wanted);
    first += share;
    return [first - share, first - 1];
  });
}

function portsOf({ protocol, flows, freshPerSecond }: PlannedPath): number {
  return hasPorts(protocol) ? flows + freshPortsOf(freshPerSecond) : 0;
}

/** How many of the ports of a path are in a row for its fresh flows. */
export function freshPortsOf(freshPerSecond: number): number {
  return Math.ceil(freshPerSecond * FRESH_REST_S);
}
