/** Something that a range of mainline releases did, and that can make packets wait. */
export interface KernelIssue {
  readonly title: string;
  /** The first release that has it, and the first that has not. */
  readonly from: Release;
  readonly fixed: Release;
  /** The commit that mended it. */
  readonly commit: string;
  /** What shows on a node that is hit by it; `nothing` where nothing that can be read does. */
  readonly shows: 'slow-memory-stat' | 'many-zombies' | 'throttling' | 'nothing';
  readonly backports?: string;
}

export type Release = readonly [major: number, minor: number];

export const KERNEL_ISSUES: readonly KernelIssue[] = [
  {
    title: 'softirqs wait for ksoftirqd once it was woken, behind whatever process has the CPU',
    from: [4, 9],
    fixed: [6, 5],
    commit: 'd15121be7485 (reverts 4cd13c21b207)',
    shows: 'nothing',
    backports: 'the 5.14 of RHEL and CentOS Stream 9 has the fix',
  },
  {
    title: 'memory.stat sums up counters of all groups below, dead ones too, and of all CPUs at each reading',
    from: [2, 6],
    fixed: [5, 13],
    commit: '2d146aa3aa84 (a983b5ebee57 in 4.16 made it cheaper)',
    shows: 'slow-memory-stat',
  },
  {
    title: 'a flush of control group counters keeps interrupts off over all CPUs of a node',
    from: [5, 13],
    fixed: [6, 15],
    commit: '0efc297a3c49',
    shows: 'slow-memory-stat',
    backports: 'later releases of older stable lines have it',
  },
  {
    title: 'kernel memory (slab) keeps removed memory groups alive',
    from: [3, 8],
    fixed: [5, 3],
    commit: 'fb2f2b0adb98',
    shows: 'many-zombies',
  },
  {
    title: 'CPU quota that is not used within a slice expires: groups are stopped well below their limit',
    from: [3, 16],
    fixed: [5, 4],
    commit: 'de53fd7aedb1',
    shows: 'throttling',
    backports: '5.3.9 has the fix',
  },
];

/** The issues of a release, by what `uname -r` says: `5.14.0-427.el9.x86_64`. */
export function issuesOf(release: Release): KernelIssue[] {
  return KERNEL_ISSUES.filter(({ from, fixed }) => !isBefore(release, from) && isBefore(release, fixed));
}

/** The release that a kernel's version begins with; undefined where it does not begin with one. */
export function parseRelease(version: string): Release | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

function isBefore([major, minor]: Release, other: Release): boolean {
  return major < other[0] || (major === other[0] && minor < other[1]);
}
