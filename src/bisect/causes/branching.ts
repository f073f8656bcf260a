import type { MeasuredPath } from '../../model/measured-path.js';
import { isOverlay } from '../../model/overlay.js';
import type { Topology } from '../paths/topology.js';
import type { Hypothesis, Reach } from './hypothesis.js';

/** Behind its port there may be several pods. */
export function isShared({ targetKind }: Pick<MeasuredPath, 'targetKind'>): boolean {
  return targetKind === 'nodeport' || targetKind === 'service';
}

/**
 * Which paths have a port that leads to several pods: the hosts file says so, or where it says nothing the replies of
 * flows come with more TTLs than those of the machine that has the port, to which they may come by ways of their own.
 *
 * @param ttls by path, how many different ones the replies of its flows have
 */
export function branchingPaths(paths: readonly MeasuredPath[], ttls: readonly number[]): boolean[] {
  return paths.map((path, index) => {
    if (!isShared(path)) return false;
    if (path.backends !== undefined) return path.backends > 1;
    const ofWays = paths.map((other, at) =>
      other.vantage === path.vantage && other.targetKind === 'node' && other.address === path.address
        ? (ttls[at] ?? 0)
        : 0,
    );
    return (ttls[index] ?? 0) > Math.max(1, ...ofWays);
  });
}

/**
 * What of the paths is not as their stages say. Where a port leads to several pods the flows part behind it, to
 * machines that no path may name: in front of the port all stages hold what they hold, and of what lies behind nothing
 * is known but that each flow has one of the pods. Of a path that is not what the hosts file says nothing is concluded.
 *
 * @param branching by path: its port leads to several pods
 * @param misdescribed by path
 */
export function asTheyAre(
  hypotheses: readonly Hypothesis[],
  topology: Topology,
  branching: readonly boolean[],
  misdescribed: readonly boolean[],
): readonly Hypothesis[] {
  if (!branching.includes(true) && !misdescribed.includes(true)) return hypotheses;
  return hypotheses.map((hypothesis) => {
    const reachOn = (usual: Reach, path: number): Reach => {
      if (misdescribed[path]) return 'any';
      if (!branching[path] || (hypothesis.cause === 'pod' && (usual === 'by-flow' || usual === 'drawn'))) return usual;
      return mayActBehind(hypothesis, topology, path) ? 'some' : usual;
    };
    return { ...hypothesis, variants: hypothesis.variants.map((one) => ({ ...one, reach: one.reach.map(reachOn) })) };
  });
}

/** Whether a cause may lie on the way to one of several pods that the stages of the path do not name. */
function mayActBehind({ cause, machines }: Hypothesis, topology: Topology, path: number): boolean {
  const front = frontOf(topology, path);
  const beyond = machines.filter((machine) => !front.includes(machine));
  const begins = beyond.length < machines.length;
  const ends = beyond.some((machine) => mayHavePods(topology, machine));
  switch (cause) {
    case 'sender':
    case 'nat':
    case 'unknown':
      return false;
    case 'rx-queue':
    case 'host':
    case 'device':
      return ends;
    case 'network':
      return machines.length === 1 ? ends : begins && ends;
    case 'pod':
      return true;
    default:
      // An overlay, of whatever kind, begins at the machine that has the port; behind the network packets pass.
      return isOverlay(cause) && begins;
  }
}

/** What is outside has none; of a machine that is no target nothing is known. */
function mayHavePods({ paths }: Topology, machine: string): boolean {
  const kinds = paths.flatMap(({ answeredBy, targetKind }) => (answeredBy === machine ? [targetKind] : []));
  return kinds.length === 0 || kinds.some((kind) => kind !== 'external' && kind !== 'control');
}

/** Machines that every packet of the path meets before the port is translated: the vantage, and a NodePort's node. */
function frontOf({ paths, vantageMachines }: Topology, path: number): string[] {
  const out = paths[path]?.out ?? [];
  const nat = out.findIndex(({ kind }) => kind === 'nat');
  const met = out.slice(0, Math.max(0, nat)).flatMap(({ kind, machines }) => (kind === 'rx-queue' ? machines : []));
  return [vantageMachines[path] as string, ...met];
}
