import { hasPorts } from '../model/protocol.js';
import { logSum } from './log-math.js';
import type { Observation, PathObservation } from './observation.js';
import { GLITCH, glitchOf, MISSED, MIXED, STRAY, withDoubt, withGlitch } from './path-likelihood.js';
import { QUEUES } from './priors.js';
import { labelQueues, oneQueue, type QueueLabels } from './queue-labels.js';
import type { Topology } from './topology.js';

/** Cards hash TCP by addresses and ports; a few are set to addresses alone, for all TCP. */
const TCP_BY_ADDRESSES = 0.03;
/** What comes in a tunnel is hashed by its inner ports, or by its outer addresses as ICMP is. */
const TUNNEL_BY_PORTS = 0.5;
/** The same queue waits in every incident, or another one each time. */
const SAME_QUEUE = 0.8;

/** What one path shows of one flow, or of all its flows together. */
interface Unit {
  /** By queue label: incidents in which it waited, and in which it passed. */
  readonly held: readonly number[];
  readonly passed: readonly number[];
}

interface HashedPath {
  readonly seen: readonly PathObservation[];
  readonly flows: readonly Unit[];
  readonly whole: Unit;
  readonly freshHeld: number;
  readonly freshPassed: number;
  /** Log-likelihood of what no queue does: odd incidents, flows of which some probes waited and others passed. */
  readonly odd: number;
  readonly hash: 'addresses' | 'ports' | 'tunnel';
  /** Its packets meet the queues on the way out and, through the tunnel, on the way back. */
  readonly twice: boolean;
  /** Paths of one group have the same two addresses where they meet the queue. */
  readonly group: string;
}

export interface QueueScore {
  /** Log-likelihood, paths without hashing included. */
  readonly total: number;
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
 * @param machine where the queues are; the replies or probes of a path come there from its peer
 */
export function scoreQueues(
  incidents: readonly Observation[],
  topology: Topology,
  hashed: readonly boolean[],
  others: readonly number[],
  machine: string,
  knownQueues: number | undefined,
): QueueScore {
  const choices = knownQueues === undefined ? QUEUES : ([[knownQueues, 1]] as const);
  const labelings = [oneQueue(incidents), labelQueues(incidents, hashed)];
  const results = labelings.flatMap((labels, i) => {
    if (i > 0 && labels.count === 1) {
      return [];
    }
    const paths = hashed.map((is, path) => (is ? hashedPath(incidents, topology, path, machine, labels) : null));
    return choices.flatMap(([queues, share]) => {
      if (labels.count > queues) {
        return [];
      }
      const drawn =
        i === 0 ? Math.log(SAME_QUEUE) : Math.log(1 - SAME_QUEUE) - (incidents.length - 1) * Math.log(queues);
      const prior = Math.log(share) + (queues === 1 ? 0 : drawn);
      return [
        { queues, moving: i > 0, prior: prior + Math.log1p(-TCP_BY_ADDRESSES), ...scoreGroups(paths, queues, true) },
        { queues, moving: i > 0, prior: prior + Math.log(TCP_BY_ADDRESSES), ...scoreGroups(paths, queues, false) },
      ];
    });
  });
  const best = results.reduce((a, b) => (b.prior + b.total > a.prior + a.total ? b : a));
  const rest = others.reduce((sum, score, path) => sum + (hashed[path] ? 0 : score), 0);
  return {
    total: rest + logSum(results.map(({ prior, total }) => prior + total)),
    byPath: others.map((score, path) => (hashed[path] ? (best.byPath[path] as number) : score)),
    queues: best.queues,
    moving: best.moving,
  };
}

function hashedPath(
  incidents: readonly Observation[],
  topology: Topology,
  index: number,
  machine: string,
  labels: QueueLabels,
): HashedPath | null {
  const path = topology.paths[index];
  const all = incidents.flatMap((incident, i) => {
    const seen = incident.paths[index];
    return seen ? [{ seen, label: labels.of[i] as number }] : [];
  });
  if (path === undefined || all.length === 0) {
    return null;
  }
  const odd = all.filter(({ seen, label }) =>
    isOdd(
      seen,
      all.filter((other) => other.label === label),
    ),
  );
  const usual = all.filter((one) => !odd.includes(one));
  const flows = new Map<number, Unit & { held: number[]; passed: number[] }>();
  const empty = (): { held: number[]; passed: number[] } => ({
    held: new Array(labels.count).fill(0),
    passed: new Array(labels.count).fill(0),
  });
  const whole = empty();
  for (const { seen, label } of usual) {
    for (const [own, kind] of [[seen.hit, 'held'] as const, [seen.clean, 'passed'] as const]) {
      for (const flow of own) {
        const unit = flows.get(flow) ?? empty();
        flows.set(flow, unit);
        (unit[kind] as number[])[label] = (unit[kind][label] as number) + 1;
        (whole[kind] as number[])[label] = (whole[kind][label] as number) + 1;
      }
    }
    whole.held[label] = (whole.held[label] as number) + seen.freshHeld;
    whole.passed[label] = (whole.passed[label] as number) + seen.freshClean;
  }
  const sum = (of: (seen: PathObservation) => number): number => usual.reduce((total, { seen }) => total + of(seen), 0);
  return {
    seen: all.map(({ seen }) => seen),
    flows: [...flows.values()],
    whole,
    freshHeld: sum(({ freshHeld }) => freshHeld),
    freshPassed: sum(({ freshClean }) => freshClean),
    odd:
      odd.reduce((total, { seen }) => total + Math.log(GLITCH) + glitchOf(seen), 0) +
      sum(({ mixed }) => mixed) * Math.log(MIXED),
    hash: !hasPorts(path.protocol) ? 'addresses' : topology.tunnelled(index) ? 'tunnel' : 'ports',
    twice: topology.arrivals(index, machine) > 1,
    group: topology.peerAt(index, machine),
  };
}

/** Whether a path did in one incident what it does in no other of the same queue. */
function isOdd(seen: PathObservation, same: readonly { readonly seen: PathObservation }[]): boolean {
  if (same.length < 3) {
    return false;
  }
  const votes = new Map<number, number>();
  for (const { seen: other } of same) {
    for (const flow of other.hit) votes.set(flow, (votes.get(flow) ?? 0) + 1);
    for (const flow of other.clean) votes.set(flow, (votes.get(flow) ?? 0) - 1);
  }
  const against =
    seen.hit.filter((flow) => (votes.get(flow) ?? 0) < 0).length +
    seen.clean.filter((flow) => (votes.get(flow) ?? 0) > 0).length;
  return against * Math.log(MISSED) < Math.log(GLITCH) + glitchOf(seen);
}

interface GroupScore {
  readonly total: number;
  readonly byPath: number[];
}

/** @param ports whether TCP is hashed by ports too */
function scoreGroups(paths: readonly (HashedPath | null)[], queues: number, ports: boolean): GroupScore {
  const byPath = paths.map(() => 0);
  const groups = new Map<string, number[]>();
  for (const [index, path] of paths.entries()) {
    if (path !== null) groups.set(path.group, [...(groups.get(path.group) ?? []), index]);
  }
  let total = 0;
  for (const members of groups.values()) {
    // The queue of the two addresses decides for all members that are hashed by them.
    const places = placesOf(paths, queues).map(({ place, prior }) => {
      const scores = members.map((index) => scorePathAt(paths[index] as HashedPath, queues, ports, place));
      return { scores, total: prior + scores.reduce((sum, score) => sum + score, 0) };
    });
    const best = places.reduce((a, b) => (b.total > a.total ? b : a));
    for (const [i, index] of members.entries()) byPath[index] = best.scores[i] as number;
    total += logSum(places.map((place) => place.total));
  }
  return { total, byPath };
}

/** On which of the stalled queues a hash may fall; -1 for one that never stalled. */
function placesOf(paths: readonly (HashedPath | null)[], queues: number): { place: number; prior: number }[] {
  const labels = paths.find((path) => path !== null)?.whole.held.length ?? 1;
  const places = Array.from({ length: labels }, (_, place) => ({ place, prior: -Math.log(queues) }));
  return queues > labels ? [...places, { place: -1, prior: Math.log(1 - labels / queues) }] : places;
}

function scorePathAt(path: HashedPath, queues: number, ports: boolean, place: number): number {
  const places = placesOf([path], queues);
  const apart = (again: number): number => {
    const rate = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
    const fresh = again < 0 ? path.freshHeld * Math.log(rate) + path.freshPassed * Math.log1p(-rate) : 0;
    return path.flows.reduce(
      (sum, unit) => sum + logSum(places.map(({ place: own, prior }) => prior + scoreUnit(unit, own, again))),
      fresh,
    );
  };
  const once = (again: number): number => {
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
  const byHash = path.twice ? logSum(places.map(({ place: again, prior }) => prior + once(again))) : once(-1);
  return withDoubt(byHash + path.odd, path.seen);
}

/** A unit on the queue `place`, or on `again`, waits when that queue does, and passes when another one does. */
function scoreUnit({ held, passed }: Unit, place: number, again = -1): number {
  let score = 0;
  for (let label = 0; label < held.length; label += 1) {
    const [waited, went] = [held[label] as number, passed[label] as number];
    score +=
      label === place || label === again
        ? waited * Math.log1p(-MISSED) + went * Math.log(MISSED)
        : waited * Math.log(STRAY) + went * Math.log1p(-STRAY);
  }
  return score;
}

/** One incident on one path, nothing being known of the places of its flows. */
export function scoreOnce(seen: PathObservation, queues: number, byPorts: number): number {
  const share = (1 - MISSED) / queues + STRAY * (1 - 1 / queues);
  const held = seen.hit.length + seen.freshHeld;
  const passed = seen.clean.length + seen.freshClean;
  const apart = held * Math.log(share) + passed * Math.log1p(-share);
  const unit = { held: [held], passed: [passed] };
  const together = logSum([-Math.log(queues) + scoreUnit(unit, 0), Math.log(1 - 1 / queues) + scoreUnit(unit, -1)]);
  const score = logSum([Math.log(byPorts) + apart, Math.log1p(-byPorts) + together]);
  return withGlitch(score + seen.mixed * Math.log(MIXED), seen);
}
