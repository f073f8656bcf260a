import { cgroupMounts, controllerMount, MOUNTS_READ, treeFailure, treeOrder } from './cgroup-mounts.js';
import type { NodeDirectory, NodeText } from './node-answer.js';
import type { NodeFiles } from './node-files.js';

/** Below this a reading is not repeated. */
export const SLOW_READ_NS = 1_000_000;
const REPEATS = 3;
/** The groups with the most below them, whose sums are the dearest; then others, evenly spread. */
const LARGEST = 16;
const SPREAD = 48;

/** The quickest reading of one group's memory.stat: a pause of the machine makes one slow, not all. */
export interface MemoryStatRead {
  readonly group: string;
  readonly wallNs: number;
  readonly cpuNs: number;
  readonly repeats: number;
}

/** Orders to time memory.stat of the root and a sample of the groups; what was slow is read again. */
export function memoryStatOrders(known: NodeFiles): string[] {
  const mounts = cgroupMounts(known);
  const mount = typeof mounts === 'string' ? undefined : controllerMount(mounts, 'memory');
  if (mount === undefined) return [MOUNTS_READ];
  const tree = known.tree(mount.root);
  if (tree === undefined) return [MOUNTS_READ, treeOrder(mount)];
  const reads = sampled(tree.directories).flatMap(({ path }): string[] => {
    const file = `${mount.root}${path}/memory.stat`;
    const texts = known.texts(file);
    const slow = texts.length > 0 && texts.every(({ wallNs }) => wallNs >= SLOW_READ_NS);
    const times = slow ? Math.min(texts.length + 1, REPEATS) : Math.max(1, texts.length);
    return Array<string>(times).fill(`read ${file}`);
  });
  return [MOUNTS_READ, treeOrder(mount), ...reads];
}

export interface MemoryStatReads {
  readonly version: 1 | 2;
  readonly groups: number;
  readonly complete: boolean;
  /** The root comes first where it could be read. */
  readonly reads: readonly MemoryStatRead[];
}

/** How long readings of memory.stat took, or in words why that is not known. */
export function memoryStatReads(files: NodeFiles): MemoryStatReads | string {
  const mounts = cgroupMounts(files);
  if (typeof mounts === 'string') return mounts;
  const mount = controllerMount(mounts, 'memory');
  if (mount === undefined) return 'no control group file system is mounted here';
  const tree = files.tree(mount.root);
  if (tree === undefined) return treeFailure(files, mount);
  const reads = sampled(tree.directories).flatMap(({ path }): MemoryStatRead[] => {
    const texts = files.texts(`${mount.root}${path}/memory.stat`);
    const quickest = [...texts].sort((left, right) => left.wallNs - right.wallNs)[0];
    return quickest === undefined ? [] : [{ group: path === '' ? '/' : path, ...times(quickest, texts.length) }];
  });
  if (reads.length === 0) return files.whyNot(`${mount.root}/memory.stat`);
  return { version: mount.version, groups: tree.count, complete: tree.complete, reads };
}

function times({ wallNs, cpuNs }: NodeText, repeats: number): Omit<MemoryStatRead, 'group'> {
  return { wallNs, cpuNs, repeats };
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
