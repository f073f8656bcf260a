import type { Observation, PathObservation } from '../evidence/observation.js';
import { type HashedPath, hashedPath, type Unit, unitOf } from '../paths/hashed-path.js';
import type { Topology } from '../paths/topology.js';
import { labelQueues, oneQueue } from '../words/queue-labels.js';
import { logSum } from './log-math.js';
import { doubted, MISSED, MIXED, STRAY, withGlitch } from './path-likelihood.js';

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
 * Likelihood of all incidents of a run where the paths in `hashed` wait by flow, summed over the number of queues K,
 * over what TCP is hashed by, and over whether the same queue waits every time or another one.
 *
 * A flow lies on each queue with chance 1/K and waits when that queue does. Packets hashed by addresses lie on one
 * queue together, those of different paths too where they come from the same machine.
 *
 * @param others score of the paths that the cause does not touch, by path
 */
export function scoreQueues(
  incidents: readonly Observation[],
  topology: Topology,
  hashed: readonly boolean[],
  others: readonly number[],
  { machine, choices }: QueuePlace,
): QueueScore {
  const labelings = [oneQueue(incidents), labelQueues(incidents, hashed)];
  const results = labelings.flatMap((labels, i) => {
    if (i > 0 && labels.count === 1) {
      return [];
    }
    const paths = hashed.map((is, path) => (is ? hashedPath(incidents, topology, path, machine, labels) : null));
    const groups = groupsOf(paths);
    return choices.flatMap(([queues, share]) => {
      if (labels.count > queues) {
        return [];
      }
      const drawn =
        i === 0 ? Math.log(SAME_QUEUE) : Math.log(1 - SAME_QUEUE) - (incidents.length - 1) * Math.log(queues);
      const prior = Math.log(share) + (queues === 1 ? 0 : drawn);
      return [true, false].map((ports) => ({
        queues,
        ports,
        moving: i > 0,
        prior: prior + Math.log(ports ? 1 - TCP_BY_ADDRESSES : TCP_BY_ADDRESSES),
        ...scoreGroups(paths, groups, { queues, ports, labels: labels.count }),
      }));
    });
  });
  const best = results.reduce((a, b) => (b.prior + b.total > a.prior + a.total ? b : a));
  const byAddresses = results.filter(({ ports }) => !ports);
  const rest = others.reduce((sum, score, path) => sum + (hashed[path] ? 0 : score), 0);
  return {
    total: rest + logSum(results.map(({ prior, total }) => prior + total)),
    byAddresses: rest + logSum(byAddresses.map(({ prior, total }) => prior + total)) - Math.log(TCP_BY_ADDRESSES),
    byPath: others.map((score, path) => (hashed[path] ? (best.byPath[path] as number) : score)),
    queues: best.queues,
    moving: best.moving,
  };
}

interface GroupScore {
  readonly total: number;
  readonly byPath: number[];
}

/** Indices of the paths that have the same two addresses where they meet the queue. */
function groupsOf(paths: readonly (HashedPath | null)[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, path] of paths.entries()) {
    if (path === null) continue;
    const members = groups.get(path.group);
    if (members === undefined) groups.set(path.group, [index]);
    else members.push(index);
  }
  return [...groups.values()];
}

interface Hashing {
  readonly queues: number;
  /** Whether TCP is hashed by ports too. */
  readonly ports: boolean;
  /** Number of queues that stalled at any time. */
  readonly labels: number;
}

function scoreGroups(
  paths: readonly (HashedPath | null)[],
  groups: readonly (readonly number[])[],
  { queues, ports, labels }: Hashing,
): GroupScore {
  const byPath = paths.map(() => 0);
  const places = placesOf(labels, queues);
  let total = 0;
  for (const members of groups) {
    // The queue of the two addresses decides for all members that are hashed by them.
    const scorers = members.map((index) => scorePathAt(paths[index] as HashedPath, places, { queues, ports }));
    const totals: number[] = [];
    let best: { readonly scores: readonly number[]; readonly total: number } | null = null;
    for (const { place, prior } of places) {
      const scores = scorers.map((score) => score(place));
      const sum = scores.reduce((a, b) => a + b, prior);
      totals.push(sum);
      if (best === null || sum > best.total) best = { scores, total: sum };
    }
    for (const [i, index] of members.entries()) byPath[index] = best?.scores[i] as number;
    total += logSum(totals);
  }
  return { total, byPath };
}

interface QueueAt {
  readonly place: number;
  readonly prior: number;
}

/** By number of stalled queues and of all: asked for with every path of every cause. */
const knownPlaces = new Map<string, readonly QueueAt[]>();

/** On which of the stalled queues a hash may fall; -1 for one that never stalled. */
function placesOf(labels: number, queues: number): readonly QueueAt[] {
  const key = `${labels} ${queues}`;
  let known = knownPlaces.get(key);
  if (known === undefined) {
    const places = Array.from({ length: labels }, (_, place) => ({ place, prior: -Math.log(queues) }));
    known = queues > labels ? [...places, { place: -1, prior: Math.log(1 - labels / queues) }] : places;
    knownPlaces.set(key, known);
  }
  return known;
}

/**
 * A path where the queue of its addresses is each of `places`. Where flows lie does not depend on that, so it is summed
 * up once.
 */
function scorePathAt(
  path: HashedPath,
  places: readonly QueueAt[],
  { queues, ports }: Pick<Hashing, 'queues' | 'ports'>,
): (place: number) => number {
  const rate = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
  const fresh = path.freshHeld * Math.log(rate) + path.freshPassed * Math.log1p(-rate);
  const known = new Map<number, number>();
  const scores = new Array<number>(places.length);
  const apart = (again: number): number => {
    let total = known.get(again);
    if (total === undefined) {
      total = again < 0 ? fresh : 0;
      for (const unit of path.flows) {
        for (const [i, { place, prior }] of places.entries()) scores[i] = prior + scoreUnit(unit, place, again);
        total += logSum(scores);
      }
      known.set(again, total);
    }
    return total;
  };
  const once = (place: number, again: number): number => {
    const together = scoreUnit(path.whole, place, again);
    switch (path.hash) {
      case 'addresses':
        return together;
      case 'ports':
        return ports ? apart(again) : together;
      case 'tunnel':
        return logSum([Math.log(TUNNEL_BY_PORTS) + apart(again), Math.log1p(-TUNNEL_BY_PORTS) + together]);
    }
  };
  return (place) => {
    const byHash = path.twice
      ? logSum(places.map(({ place: again, prior }) => prior + once(place, again)))
      : once(place, -1);
    return doubted(byHash + path.odd, path.unknown);
  };
}

/** A unit on the queue `place`, or on `again`, waits when that queue does, and passes when another one does. */
function scoreUnit({ nowhere, gain }: Unit, place: number, again = -1): number {
  const second = again === place ? 0 : (gain[again] ?? 0);
  return nowhere + (gain[place] ?? 0) + second;
}

/** One incident on one path, nothing being known of the places of its flows. */
export function scoreOnce(seen: PathObservation, queues: number, byPorts: number): number {
  const share = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
  const held = seen.hit.length + seen.freshHeld;
  const passed = seen.clean.length + seen.freshClean;
  const apart = held * Math.log(share) + passed * Math.log1p(-share);
  const unit = unitOf(held, passed);
  const together = logSum([-Math.log(queues) + scoreUnit(unit, 0), Math.log(1 - 1 / queues) + scoreUnit(unit, -1)]);
  const score = logSum([Math.log(byPorts) + apart, Math.log1p(-byPorts) + together]);
  return withGlitch(score + seen.mixed * Math.log(MIXED), seen);
}
