import { cgroupMounts, controllerMount, MOUNTS_READ, NO_CGROUPS, treeFailure, treeOrder } from './cgroup-mounts.js';
import type { NodeFiles } from './node-files.js';

const GROUPS = '/proc/cgroups';

export interface ZombieCount {
  readonly version: 1 | 2;
  /** Groups that were removed, but are still held by memory that was charged to them. */
  readonly dying: number;
  readonly live: number;
  /** False where only a part of the node's groups can be seen from here. */
  readonly wholeNode: boolean;
}

export function zombieOrders(known: NodeFiles): string[] {
  const mounts = cgroupMounts(known);
  const mount = typeof mounts === 'string' ? undefined : controllerMount(mounts, 'memory');
  if (mount === undefined) return [MOUNTS_READ];
  const own = mount.version === 1 ? ['release_agent'] : ['cgroup.stat', 'cgroup.type'];
  return [MOUNTS_READ, `read ${GROUPS}`, treeOrder(mount), ...own.map((file) => `read ${mount.root}/${file}`)];
}

/** Live and dying memory groups, or in words why they cannot be counted. */
export function countZombies(files: NodeFiles): ZombieCount | string {
  const mounts = cgroupMounts(files);
  if (typeof mounts === 'string') return mounts;
  const mount = controllerMount(mounts, 'memory');
  if (mount === undefined) return NO_CGROUPS;
  return mount.version === 1 ? countV1(files, mount.root) : countV2(files, mount.root);
}

/** The kernel counts all groups of a hierarchy, dying ones too; what has a directory is alive. */
function countV1(files: NodeFiles, root: string): ZombieCount | string {
  const reading = files.text(GROUPS);
  if (reading.kind === 'none') return reading.why;
  const all = Number(/^memory\t\d+\t(\d+)\t/m.exec(reading.text)?.[1]);
  if (Number.isNaN(all)) return `${GROUPS} has no line of memory`;
  const tree = files.tree(root);
  if (tree === undefined) return treeFailure(files, { version: 1, root, controllers: [] });
  // Only the root of a hierarchy has this file: in a container the count is the node's, the directories are not.
  if (files.failure(`${root}/release_agent`) === 'ENOENT') return 'a container sees only its own groups';
  if (!tree.complete) return `more than ${tree.count} groups: counting was given up`;
  return { version: 1, live: tree.count, dying: Math.max(0, all - tree.count), wholeNode: true };
}

function countV2(files: NodeFiles, root: string): ZombieCount | string {
  const reading = files.text(`${root}/cgroup.stat`);
  if (reading.kind === 'none') return reading.why;
  const field = (name: string): number | undefined => {
    const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(reading.text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  // By controller since Linux 6.12; groups may have no memory controller.
  const dying = field('nr_dying_subsys_memory') ?? field('nr_dying_descendants');
  const live = field('nr_subsys_memory') ?? field('nr_descendants');
  if (dying === undefined || live === undefined) return `${root}/cgroup.stat does not count dying groups`;
  // The root of the node's hierarchy is the one group without a type.
  return { version: 2, dying, live, wholeNode: files.failure(`${root}/cgroup.type`) === 'ENOENT' };
}
