import type { Variant } from '../causes/hypothesis.js';
import { type HashedCounts, type HashedPath, hashedPath } from '../paths/hashed-path.js';
import type { Topology } from '../paths/topology.js';
import { logSum } from './log-math.js';
import type { OwnIncidents } from './own-incidents.js';
import { doubted, MISSED, STRAY } from './path-likelihood.js';
import { scoreUnit } from './queue-unit.js';

/** Cards hash TCP by addresses and ports; a few are set to addresses alone, for all TCP. */
const TCP_BY_ADDRESSES = 0.03;
/** What comes in a tunnel is hashed by its inner ports, or by its outer addresses as ICMP is. */
const TUNNEL_BY_PORTS = 0.5;
/** The same queue waits in every incident, or another one each time. */
const SAME_QUEUE = 0.8;

export interface QueuePlace {
  /** Where the queues are; the replies or probes of a path come there from its peer. Empty: between machines. */
  readonly machine: string;
  /** Numbers of queues that are possible, with their priors. */
  readonly choices: readonly (readonly [queues: number, share: number])[];
}

export interface QueueScore {
  /** Log-likelihood, paths without hashing included. */
  readonly total: number;
  /** The same where it is certain that TCP is hashed by addresses alone. */
  readonly byAddresses: number;
  /** Contribution of each path at the likeliest number of queues. */
  readonly byPath: readonly number[];
  /** Likeliest number of queues. */
  readonly queues: number;
  /** Another queue each time is likelier than the same one. */
  readonly moving: boolean;
}

/**
 * Likelihood of incidents of a run where the paths that a variant holds by flow do wait by flow, summed over the number of queues K,
 * over what TCP is hashed by, and over whether the same queue waits every time or another one.
 *
 * A flow lies on each queue with chance 1/K and waits when that queue does. Packets hashed by addresses lie on one
 * queue together, those of different paths too where they come from the same machine.
 *
 * @param others score of the paths that the variant does not hold by flow, by path and all together
 */
export function scoreQueues(
  incidents: OwnIncidents,
  topology: Topology,
  variant: Variant,
  others: { readonly byPath: readonly number[]; readonly rest: number },
  { machine, choices }: QueuePlace,
): QueueScore {
  const count = incidents.indices.length;
  const hashed = variant.reach.map((reach) => reach === 'by-flow');
  const results = [incidents.together, incidents.apart(variant)].flatMap((labelled, i) => {
    if (i > 0 && labelled.count === 1) {
      return [];
    }
    const paths = hashed.map((is, path) => {
      const counts = is ? labelled.counts(path) : null;
      return counts === null ? null : hashedPath(counts, topology, path, machine);
    });
    const groups = groupsOf(paths);
    return choices.flatMap(([queues, share]) => {
      if (labelled.count > queues) {
        return [];
      }
      const drawn = i === 0 ? Math.log(SAME_QUEUE) : Math.log(1 - SAME_QUEUE) - (count - 1) * Math.log(queues);
      const prior = Math.log(share) + (queues === 1 ? 0 : drawn);
      return [true, false].map((ports) => ({
        queues,
        ports,
        moving: i > 0,
        prior: prior + Math.log(ports ? 1 - TCP_BY_ADDRESSES : TCP_BY_ADDRESSES),
        ...scoreGroups(paths, groups, queues, ports),
      }));
    });
  });
  const best = results.reduce((a, b) => (b.prior + b.total > a.prior + a.total ? b : a));
  const byAddresses = results.filter(({ ports }) => !ports);
  const { rest } = others;
  return {
    total: rest + logSum(results.map(({ prior, total }) => prior + total)),
    byAddresses: rest + logSum(byAddresses.map(({ prior, total }) => prior + total)) - Math.log(TCP_BY_ADDRESSES),
    byPath: others.byPath.map((score, path) => (hashed[path] ? (best.byPath[path] as number) : score)),
    queues: best.queues,
    moving: best.moving,
  };
}

interface GroupScore {
  readonly total: number;
  readonly byPath: number[];
}

/** Indices of the paths that have the same two addresses. */
function groupsOf(paths: readonly (HashedPath | null)[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, path] of paths.entries()) {
    if (path === null) continue;
    const known = groups.get(path.group);
    if (known === undefined) groups.set(path.group, [index]);
    else known.push(index);
  }
  return [...groups.values()];
}

/** @param ports whether TCP is hashed by ports too */
function scoreGroups(
  paths: readonly (HashedPath | null)[],
  groups: readonly (readonly number[])[],
  queues: number,
  ports: boolean,
): GroupScore {
  const byPath = paths.map(() => 0);
  const labels = paths.find((path) => path !== null)?.counts.whole.gain.length ?? 1;
  const places = placesOf(labels, queues);
  let total = 0;
  for (const members of groups) {
    // The queue of the two addresses decides for all members that are hashed by them.
    const scorers = members.map((index) => scorePathAt(paths[index] as HashedPath, queues, places, ports));
    const scored = places.map(({ place, prior }) => {
      const scores = scorers.map((score) => score(place));
      return { scores, total: prior + scores.reduce((sum, score) => sum + score, 0) };
    });
    const best = scored.reduce((a, b) => (b.total > a.total ? b : a));
    for (const [i, index] of members.entries()) byPath[index] = best.scores[i] as number;
    total += logSum(scored.map((place) => place.total));
  }
  return { total, byPath };
}

interface PlacePrior {
  readonly place: number;
  readonly prior: number;
}

/** On which of the stalled queues a hash may fall; -1 for one that never stalled. */
function placesOf(labels: number, queues: number): readonly PlacePrior[] {
  const places = Array.from({ length: labels }, (_, place) => ({ place, prior: -Math.log(queues) }));
  return queues > labels ? [...places, { place: -1, prior: Math.log(1 - labels / queues) }] : places;
}

/** By counts, then by number of queues and place: what its flows come to where each has a queue of its own. */
const apartScores = new WeakMap<HashedCounts, Map<number, number>>();
const PLACES_A_NUMBER = 1_024;

/** Where flows lie does not depend on where their addresses do, so it is summed up once. */
function scoreApart(counts: HashedCounts, queues: number, places: readonly PlacePrior[], again: number): number {
  let known = apartScores.get(counts);
  if (known === undefined) {
    known = new Map();
    apartScores.set(counts, known);
  }
  const key = queues * PLACES_A_NUMBER + again;
  let total = known.get(key);
  if (total === undefined) {
    const rate = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
    total = again < 0 ? counts.freshHeld * Math.log(rate) + counts.freshPassed * Math.log1p(-rate) : 0;
    const scores = new Array<number>(places.length);
    for (const unit of counts.flows) {
      for (const [i, { place, prior }] of places.entries()) scores[i] = prior + scoreUnit(unit, place, again);
      total += logSum(scores);
    }
    known.set(key, total);
  }
  return total;
}

/** A path where the queue of its addresses is each of `places`. */
function scorePathAt(
  { counts, hash, twice }: HashedPath,
  queues: number,
  places: readonly PlacePrior[],
  ports: boolean,
): (place: number) => number {
  const once = (place: number, again: number): number => {
    const together = scoreUnit(counts.whole, place, again);
    switch (hash) {
      case 'addresses':
        return together;
      case 'ports':
        return ports ? scoreApart(counts, queues, places, again) : together;
      case 'tunnel':
        return logSum([
          Math.log(TUNNEL_BY_PORTS) + scoreApart(counts, queues, places, again),
          Math.log1p(-TUNNEL_BY_PORTS) + together,
        ]);
    }
  };
  return (place) => {
    const byHash = twice
      ? logSum(places.map(({ place: again, prior }) => prior + once(place, again)))
      : once(place, -1);
    return doubted(byHash + counts.odd, counts.unknown);
  };
}
