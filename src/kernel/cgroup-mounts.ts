import type { NodeFiles } from './node-files.js';

const MOUNTS = '/proc/self/mountinfo';

export const MOUNTS_READ = `read ${MOUNTS}`;
export const NO_CGROUPS = 'no control group file system is mounted here';

/** A mounted hierarchy of control groups. */
export interface CgroupMount {
  readonly version: 1 | 2;
  readonly root: string;
  /** Of version 1: the controllers it carries. */
  readonly controllers: readonly string[];
}

/** The hierarchies that are mounted, or in words why that is not known. */
export function cgroupMounts(files: NodeFiles): readonly CgroupMount[] | string {
  const reading = files.text(MOUNTS);
  if (reading.kind === 'none') return reading.why;
  const hierarchies = new Map<string, { mount: CgroupMount; part: number }>();
  for (const line of reading.text.split('\n')) {
    const [head = '', tail = ''] = line.split(' - ');
    const [type, , options = ''] = tail.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const [, , , mounted = '', place = ''] = head.split(' ');
    const controllers = type === 'cgroup' ? options.split(',') : [];
    const identity = `${type} ${controllers}`;
    const part = partOf(mounted);
    if (part >= (hierarchies.get(identity)?.part ?? Number.POSITIVE_INFINITY)) continue;
    const mount: CgroupMount = { version: type === 'cgroup' ? 1 : 2, root: unescaped(place), controllers };
    hierarchies.set(identity, { mount, part });
  }
  return [...hierarchies.values()].map(({ mount }) => mount);
}

/**
 * Of several mounts of one hierarchy the one that shows most of it is wanted: in a container, one of the host's that
 * lies above the container's own root, then that root, then a part.
 */
function partOf(mounted: string): number {
  return mounted.startsWith('/..') ? 0 : mounted === '/' ? 1 : 2;
}

/** Where the groups of a controller are; undefined where none is mounted for it. */
export function controllerMount(mounts: readonly CgroupMount[], controller: string): CgroupMount | undefined {
  // A controller is on one hierarchy alone: version 2 has it where no mount of version 1 does.
  return (
    mounts.find(({ controllers }) => controllers.includes(controller)) ?? mounts.find(({ version }) => version === 2)
  );
}

/** Blanks and the like stand in mountinfo as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The most groups that are told of by name, and the most time that a walk may take. */
const TOLD = 4_000;
const WALK_NS = 250_000_000;

export function treeOrder(mount: CgroupMount): string {
  return `tree ${TOLD} ${WALK_NS} ${mount.root}`;
}

/** Why nothing is known of a hierarchy whose tree was asked for. */
export function treeFailure(files: NodeFiles, mount: CgroupMount): string {
  return files.whyNot(mount.root);
}
