import type { MeasuredPath } from '../../model/measured-path.js';
import type { Stage } from '../../model/stage.js';
import { MS, US } from '../../model/time.js';

/** A path cannot be quicker than the networks it crosses; so much quicker no protocol or clock makes it. */
const QUICKER = 0.6;
const LEAST_GAP_NS = 100 * US;

/** A path whose replies come quicker than the way in the hosts file allows. */
export interface MisdescribedPath {
  readonly path: number;
  /** `bad>pod/icmp is answered within 0.1 ms, and …`. */
  readonly words: string;
}

/**
 * Paths that contradict the hosts file by their own replies: the quickest one of all would have crossed its networks in
 * less time than any probe that goes over them alone. The pod is on another node than the file says, then, or its
 * NodePort leads elsewhere. A path that is slower than that contradicts nothing.
 *
 * @param leastRttNs by path, the quickest reply; 0 where none came
 */
export function misdescribedPaths(paths: readonly MeasuredPath[], leastRttNs: readonly number[]): MisdescribedPath[] {
  // It is asked with every reply that is quicker than all before it.
  if (paths.every(({ targetKind }) => targetKind === 'node')) return [];
  return neededTimes(paths, leastRttNs).flatMap((neededNs, index) => {
    const path = paths[index] as MeasuredPath;
    const leastNs = leastRttNs[index] ?? 0;
    if (leastNs === 0 || path.targetKind === 'node' || !isShorter(leastNs, neededNs)) return [];
    const words = `${path.name} is answered within ${inMs(leastNs)}, and what it is said to cross takes ${inMs(neededNs)}`;
    return [{ path: index, words }];
  });
}

/** Whether one time is so much shorter than another that no protocol or clock makes it. */
export function isShorter(ns: number, thanNs: number): boolean {
  return ns < QUICKER * thanNs && thanNs - ns >= LEAST_GAP_NS;
}

/** By path, what its networks take by themselves, of the probes that go over them alone; what is not measured counts as 0. */
export function neededTimes(paths: readonly MeasuredPath[], leastRttNs: readonly number[]): number[] {
  const alone = new Map<string, number>();
  for (const [index, path] of paths.entries()) {
    const [only, further] = networksOf(path);
    const leastNs = leastRttNs[index] ?? 0;
    if (only === undefined || further !== undefined || leastNs === 0 || path.targetKind !== 'node') continue;
    alone.set(only, Math.min(alone.get(only) ?? leastNs, leastNs));
  }
  return paths.map((path) => networksOf(path).reduce((sum, network) => sum + (alone.get(network) ?? 0), 0));
}

function networksOf({ out }: MeasuredPath): string[] {
  return out.flatMap((stage: Stage) => (stage.kind === 'network' ? stage.machines.join('+') : []));
}

function inMs(ns: number): string {
  return `${(ns / MS).toFixed(2)} ms`;
}
