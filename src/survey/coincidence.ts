import type { FleetEdge, SuspectEvidence } from '../model/fleet/fleet-evidence.js';
import { CLOCK_NS } from './incident-times.js';

/** A stall on one edge of a node, whoever saw it. */
interface EdgeStall {
  readonly peer: string;
  readonly releaseNs: number;
}

const LEAST_SHARED = 3;
/** Of the stalls of a node, those that another one has at the same instants, where both have one cause. */
const SHARED = 0.5;

/**
 * Which suspects stall at the same instants on edges that they do not share. Faults of separate machines do not keep
 * time with each other; what does is something that they share: the network between groups of nodes, or a clock that
 * starts the same job everywhere.
 *
 * @param counts whether an edge is to be looked at
 * @returns by suspect, the others
 */
export function coincidences(
  evidence: SuspectEvidence,
  suspects: readonly string[],
  counts: (edge: FleetEdge) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const stalls = stallsByNode(evidence, new Set(suspects), counts);
  const result = new Map<string, string[]>(suspects.map((node) => [node, []]));
  for (const [i, node] of suspects.entries()) {
    for (const other of suspects.slice(i + 1)) {
      const own = instants(stalls.get(node) ?? [], other);
      const theirs = instants(stalls.get(other) ?? [], node);
      const shared = own.filter((instant) => isAmong(instant, theirs)).length;
      if (shared < LEAST_SHARED) continue;
      if (shared >= SHARED * own.length) result.get(node)?.push(other);
      if (shared >= SHARED * theirs.length) result.get(other)?.push(node);
    }
  }
  return result;
}

function stallsByNode(
  evidence: SuspectEvidence,
  wanted: ReadonlySet<string>,
  counts: (edge: FleetEdge) => boolean,
): ReadonlyMap<string, EdgeStall[]> {
  const all = new Map<string, EdgeStall[]>([...wanted].map((node) => [node, []]));
  const add = ({ from, to }: FleetEdge, releaseNs: number): void => {
    all.get(from)?.push({ peer: to, releaseNs });
    all.get(to)?.push({ peer: from, releaseNs });
  };
  if (evidence.from === 'findings') {
    for (const edge of evidence.edges) if (counts(edge)) add(edge, edge.releaseNs);
  } else {
    for (const path of evidence.paths) {
      if (!counts(path)) continue;
      for (const release of new Set(path.releaseNs)) if (release >= 0) add(path, release);
    }
  }
  return all;
}

/** Ascending, those that the clocks of agents cannot tell apart only once; without the edges to one peer. */
function instants(stalls: readonly EdgeStall[], without: string): number[] {
  const sorted = stalls.flatMap(({ peer, releaseNs }) => (peer === without ? [] : releaseNs)).sort((a, b) => a - b);
  return sorted.filter((release, i) => i === 0 || release - (sorted[i - 1] as number) > CLOCK_NS);
}

function isAmong(instant: number, sorted: readonly number[]): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < instant - 2 * CLOCK_NS) low = middle + 1;
    else high = middle;
  }
  const next = sorted[low];
  return next !== undefined && next <= instant + 2 * CLOCK_NS;
}
