import type { Variant } from '../causes/hypothesis.js';
import { type HashedCounts, type HashedPath, hashedPath } from '../paths/hashed-path.js';
import type { Topology } from '../paths/topology.js';
import { logSum } from './log-math.js';
import type { OwnIncidents } from './own-incidents.js';
import { doubted } from './path-likelihood.js';
import { newPortHeld, scoreUnit } from './queue-unit.js';
import { seenAnyway, shownByChance } from './seen-by-chance.js';

/** Cards hash TCP by addresses and ports; a few are set to addresses alone, for all TCP. */
const TCP_BY_ADDRESSES = 0.03;
/** What comes in a tunnel is hashed by what is inside of it, all of it, or by its outer addresses. */
const TUNNEL_BY_INSIDE = 0.5;
/** The same queue waits in every incident, or another one each time; where a cause does not say it. */
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
 * over what TCP is hashed by and what comes in tunnels, and over whether the same queue waits every time or another one.
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
  const mostQueues = Math.max(...choices.map(([queues]) => queues));
  const same = variant.same ?? SAME_QUEUE;
  const results = [incidents.together, incidents.apart(variant)].flatMap((labelled, i) => {
    if ((i > 0 && labelled.count === 1) || labelled.count > mostQueues) {
      return [];
    }
    const paths = hashed.map((is, path) => {
      const counts = is ? labelled.counts(path) : null;
      return counts === null ? null : hashedPath(counts, topology, path, machine);
    });
    const moving = i > 0;
    const ways = waysToHash(paths).map((way) => ({
      way,
      shown: shownByChance(incidents.flows, { paths, isApart: (path) => isApart(path, way), moving }),
    }));
    return choices.flatMap(([queues, share]) => {
      if (labelled.count > queues) {
        return [];
      }
      const drawn = moving ? Math.log(1 - same) - (count - 1) * Math.log(queues) : Math.log(same);
      const prior = Math.log(share) + (queues === 1 ? 0 : drawn);
      return ways.map(({ way, shown }) => {
        const seen =
          queues === 1 || shown.length === 0 ? NOTHING : seenAnyway(shown, queues, moving ? labelled.count : undefined);
        return {
          queues,
          ports: way.ports,
          moving,
          prior: prior + way.prior,
          paths,
          way,
          seen,
          total: scoreGroups(paths, queues, way, seen),
        };
      });
    });
  });
  const best = results.reduce((a, b) => (b.prior + b.total > a.prior + a.total ? b : a));
  const byAddresses = results.filter(({ ports }) => !ports);
  const { rest } = others;
  const ofBest = others.byPath.slice();
  scoreGroups(best.paths, best.queues, best.way, best.seen, ofBest);
  return {
    total: rest + logSum(results.map(({ prior, total }) => prior + total)),
    byAddresses: rest + logSum(byAddresses.map(({ prior, total }) => prior + total)) - Math.log(TCP_BY_ADDRESSES),
    byPath: ofBest,
    queues: best.queues,
    moving: best.moving,
  };
}

/** By path, what it is worth more as something of its incidents was seen. */
type SeenAnyway = ReadonlyMap<number, number>;
const NOTHING: SeenAnyway = new Map();

/** What a machine hashes packets by. */
interface HashWay {
  /** TCP by its ports too. */
  readonly ports: boolean;
  /** What comes in a tunnel by what is inside of it. */
  readonly inside: boolean;
  readonly prior: number;
  /** Indices of the paths that have the same two addresses where they are hashed by those. */
  readonly groups: readonly (readonly number[])[];
}

function waysToHash(paths: readonly (HashedPath | null)[]): readonly HashWay[] {
  const insides = paths.some((path) => path?.tunnelled)
    ? [
        { inside: true, prior: Math.log(TUNNEL_BY_INSIDE) },
        { inside: false, prior: Math.log1p(-TUNNEL_BY_INSIDE) },
      ]
    : [{ inside: false, prior: 0 }];
  return insides.flatMap(({ inside, prior }) => {
    const groups = groupsOf(paths, inside);
    return [
      { ports: true, inside, groups, prior: prior + Math.log1p(-TCP_BY_ADDRESSES) },
      { ports: false, inside, groups, prior: prior + Math.log(TCP_BY_ADDRESSES) },
    ];
  });
}

function groupsOf(paths: readonly (HashedPath | null)[], inside: boolean): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, path] of paths.entries()) {
    if (path === null) continue;
    const group = inside ? path.innerGroup : path.group;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [index]);
    else known.push(index);
  }
  return [...groups.values()];
}

/**
 * All paths together, whichever queues their addresses lie on.
 *
 * @param byPath given what each path contributes where its addresses lie on the likeliest queue
 */
function scoreGroups(
  paths: readonly (HashedPath | null)[],
  queues: number,
  way: HashWay,
  seen: SeenAnyway,
  byPath?: number[],
): number {
  const labels = paths.find((path) => path !== null)?.counts.whole.gain.length ?? 1;
  const places = placesOf(labels, queues);
  const totals = new Array<number>(places.length).fill(0);
  let total = 0;
  for (const members of way.groups) {
    // The queue of the two addresses decides for all members that are hashed by them.
    totals.fill(0);
    for (const index of members) {
      const scores = scoresByPlace(paths[index] as HashedPath, queues, places, way, seen.get(index) ?? 0);
      for (let at = 0; at < places.length; at += 1) totals[at] = (totals[at] as number) + (scores[at] as number);
    }
    let best = 0;
    for (let at = 0; at < places.length; at += 1) {
      totals[at] = (places[at] as PlacePrior).prior + (totals[at] as number);
      if ((totals[at] as number) > (totals[best] as number)) best = at;
    }
    total += logSum(totals);
    if (byPath === undefined) continue;
    for (const index of members)
      byPath[index] = scoresByPlace(paths[index] as HashedPath, queues, places, way, seen.get(index) ?? 0)[
        best
      ] as number;
  }
  return total;
}

interface PlacePrior {
  readonly place: number;
  readonly prior: number;
}

/** By number of labels, then by number of queues: no more than the most queues that are thought of, each. */
const placesKnown: (readonly PlacePrior[] | undefined)[][] = [];

/** On which of the stalled queues a hash may fall; -1 for one that never stalled. */
function placesOf(labels: number, queues: number): readonly PlacePrior[] {
  placesKnown[labels] ??= [];
  const known = placesKnown[labels];
  known[queues] ??= madePlaces(labels, queues);
  return known[queues];
}

function madePlaces(labels: number, queues: number): readonly PlacePrior[] {
  const places = Array.from({ length: labels }, (_, place) => ({ place, prior: -Math.log(queues) }));
  return queues > labels ? [...places, { place: -1, prior: Math.log(1 - labels / queues) }] : places;
}

/** Flows that meet the queues once, each on its own; and those that meet them again, where a hash of their own puts them. */
const ONCE = -1;
const TWICE_APART = -2;

/**
 * Where flows lie does not depend on where their addresses do, so it is summed up once.
 *
 * @param again the queue that all of them meet as well, or one of the above
 */
function scoreApart(counts: HashedCounts, queues: number, places: readonly PlacePrior[], again: number): number {
  const held = newPortHeld(queues, again === TWICE_APART);
  let total = again < 0 ? counts.freshHeld * Math.log(held) + counts.freshPassed * Math.log1p(-held) : 0;
  const seconds = again === TWICE_APART ? places : [{ place: again, prior: 0 }];
  const scores = new Array<number>(places.length * seconds.length);
  for (const unit of counts.flows) {
    let at = 0;
    for (const { place, prior } of places)
      for (const second of seconds) {
        scores[at] = prior + second.prior + scoreUnit(unit, place, second.place);
        at += 1;
      }
    total += logSum(scores);
  }
  return total;
}

/** Whether each flow of a path lies on a queue of its own, and not all of them on that of their addresses. */
function isApart({ hasPorts, tunnelled }: HashedPath, { ports, inside }: HashWay): boolean {
  return hasPorts && ports && (inside || !tunnelled);
}

/** A path where the queue of its addresses is each of `places`: the same for all causes that hold it by flow. */
function scoresByPlace(
  path: HashedPath,
  queues: number,
  places: readonly PlacePrior[],
  way: HashWay,
  seen: number,
): readonly number[] {
  const { ports, inside } = way;
  const { counts, hasPorts, tunnelled, twice } = path;
  const byPorts = hasPorts && ports;
  const byOutside = tunnelled && !inside;
  const key = queues * 8 + (byPorts ? 4 : 0) + (byOutside ? 2 : 0) + (twice ? 1 : 0);
  // What else was under way differs from cause to cause.
  const known = seen === 0 ? counts.byMeeting[key] : undefined;
  if (known !== undefined) return known;
  const doubt = (byHash: number): number => doubted(byHash + counts.odd, counts.unknown);
  let scores: readonly number[];
  if (isApart(path, way)) {
    const apart = doubt(scoreApart(counts, queues, places, twice ? TWICE_APART : ONCE) + seen);
    scores = places.map(() => apart);
  } else {
    scores = places.map(({ place }) => doubt(scoreTogether(path, queues, places, byPorts, place) + seen));
  }
  if (seen === 0) counts.byMeeting[key] = scores;
  return scores;
}

/** Where all of a path, or all of its way back, shares the queue of its addresses. */
function scoreTogether(
  { counts, twice }: HashedPath,
  queues: number,
  places: readonly PlacePrior[],
  byPorts: boolean,
  place: number,
): number {
  if (!twice) return scoreUnit(counts.whole, place);
  if (byPorts) return scoreApart(counts, queues, places, place);
  return logSum(places.map(({ place: again, prior }) => prior + scoreUnit(counts.whole, place, again)));
}
