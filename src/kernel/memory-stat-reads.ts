import {
  type CgroupMount,
  cgroupMounts,
  controllerMount,
  MOUNTS_READ,
  NO_CGROUPS,
  treeFailure,
  treeOrder,
} from './cgroup-mounts.js';
import type { NodeReadings } from './checks/check.js';
import type { NodeDirectory } from './node-answer.js';
import type { NodeFiles } from './node-files.js';

/** From here on a reading is made a second time. */
export const SLOW_READ_NS = 1_000_000;
/** The groups with the most below them, whose sums are the dearest; then others, evenly spread. */
const LARGEST = 16;
const SPREAD = 48;

/** How long reading memory.stat of one group took. */
export interface MemoryStatRead {
  readonly group: string;
  /** The quicker one of two readings that lie the interval apart: a pause of the machine makes one slow, not both. */
  readonly quickestNs: number;
  /** The most CPU time that one of them took: the first may have done the work for the second. */
  readonly mostCpuNs: number;
  readonly readings: number;
}

export interface MemoryStatReads {
  readonly groups: number;
  readonly complete: boolean;
  readonly reads: readonly MemoryStatRead[];
}

/** Orders to time memory.stat of the root and a sample of the groups. */
export function memoryStatOrders(known: NodeFiles): string[] {
  const mount = memoryMount(known);
  if (mount === undefined) return [MOUNTS_READ];
  return [MOUNTS_READ, treeOrder(mount), ...sampledFiles(known, mount).map(({ path }) => `read ${path}`)];
}

/** What was slow, to be read once more. */
export function slowMemoryStatOrders(known: NodeFiles): string[] {
  const mount = memoryMount(known);
  if (mount === undefined) return [];
  return sampledFiles(known, mount)
    .filter(({ path }) => known.texts(path).some(({ wallNs }) => wallNs >= SLOW_READ_NS))
    .slice(0, LARGEST)
    .map(({ path }) => `read ${path}`);
}

/** How long readings of memory.stat took, or in words why that is not known. */
export function memoryStatReads({ before, after }: NodeReadings): MemoryStatReads | string {
  const mounts = cgroupMounts(before);
  if (typeof mounts === 'string') return mounts;
  const mount = controllerMount(mounts, 'memory');
  if (mount === undefined) return NO_CGROUPS;
  const tree = before.tree(mount.root);
  if (tree === undefined) return treeFailure(before, mount);
  const reads = sampledFiles(before, mount).flatMap(({ path, group }): MemoryStatRead[] => {
    const texts = [...before.texts(path), ...after.texts(path)];
    if (texts.length === 0) return [];
    const quickestNs = Math.min(...texts.map(({ wallNs }) => wallNs));
    const mostCpuNs = Math.max(...texts.map(({ cpuNs }) => cpuNs));
    return [{ group, quickestNs, mostCpuNs, readings: texts.length }];
  });
  if (reads.length === 0) return before.whyNot(`${mount.root}/memory.stat`);
  return { groups: tree.count, complete: tree.complete, reads };
}

/** Whether one took so long that packets may have waited for it. */
export function isSlow({ quickestNs, mostCpuNs }: MemoryStatRead): boolean {
  return quickestNs >= SLOW_READ_NS || mostCpuNs >= SLOW_READ_NS;
}

function memoryMount(files: NodeFiles): CgroupMount | undefined {
  const mounts = cgroupMounts(files);
  return typeof mounts === 'string' ? undefined : controllerMount(mounts, 'memory');
}

interface StatFile {
  readonly path: string;
  /** What it is called in a result. */
  readonly group: string;
}

/** memory.numa_stat of the root makes the same sums, and the same agents read it. */
function sampledFiles(files: NodeFiles, { root }: CgroupMount): StatFile[] {
  return sampled(files.tree(root)?.directories ?? []).flatMap(({ path }) => {
    const own = { path: `${root}${path}/memory.stat`, group: path === '' ? '/' : path };
    return path === '' ? [own, { path: `${root}/memory.numa_stat`, group: '/ (memory.numa_stat)' }] : [own];
  });
}

/** The root, the groups with the most below them, and an even choice of the others. */
function sampled(directories: readonly NodeDirectory[]): NodeDirectory[] {
  const [root, ...others] = directories;
  if (root === undefined) return [];
  const bySize = [...others].sort((left, right) => right.descendants - left.descendants);
  const rest = bySize.slice(LARGEST);
  const step = Math.max(1, rest.length / SPREAD);
  const spread = Array.from({ length: Math.min(SPREAD, rest.length) }, (_, index) => rest[Math.floor(index * step)]);
  return [root, ...bySize.slice(0, LARGEST), ...spread.filter((directory) => directory !== undefined)];
}
