import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../model/errors.js';

/** Where groups with a CPU quota are made: the file system of version 1 with that controller, else that of version 2. */
function quotaRoot(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const first = mounts.find(([, , type, options = '']) => type === 'cgroup' && options.split(',').includes('cpu'));
  return (first ?? mounts.find(([, , type]) => type === 'cgroup2'))?.[1];
}

export interface QuotaGroup {
  /** Directory of the group that the fault makes. */
  readonly group: string;
  /** Directory of the group that the process is in, and to which it goes back. */
  readonly home: string;
}

/**
 * The group in which a fault stops a process by its CPU quota.
 *
 * @throws CodedError E_LAB_KERNEL where control groups with the CPU controller are missing
 */
export function quotaGroup(lab: string, pid: number): QuotaGroup {
  const root = quotaRoot();
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const own =
    lines.find((line) => line.split(':')[1]?.split(',').includes('cpu')) ??
    lines.find((line) => line.startsWith('0::'));
  if (root === undefined || own === undefined) {
    const remedy = 'mount the control groups: mount -t cgroup2 none /sys/fs/cgroup';
    throw new CodedError('E_LAB_KERNEL', 'no control groups with a CPU quota here', remedy, 4);
  }
  return { group: groupAt(root, lab), home: join(root, own.split(':').slice(2).join(':')) };
}

const groupAt = (root: string, lab: string): string => join(root, `rxray-lab-${lab}`);

/** Priority of the lab's servers, as native/lab/injector.h has it. */
const SERVER_PRIORITY = 20;

/** The command that sends what is in the group home again, with its priority, and removes it. */
export function leaveQuotaGroup({ group, home }: QuotaGroup): string[] {
  const one = `echo "$process" > "$2/cgroup.procs"; chrt -a -f -p ${SERVER_PRIORITY} "$process"`;
  const move = `while read -r process; do ${one}; done < "$1/cgroup.procs"`;
  return ['sh', '-c', `[ ! -d "$1" ] || { ${move}; rmdir "$1"; }`, 'sh', group, home];
}

/** Removes the group of a lab whose processes have ended. */
export function removeQuotaGroup(lab: string): void {
  const root = quotaRoot();
  const group = root === undefined ? undefined : groupAt(root, lab);
  if (root === undefined || group === undefined || !existsSync(group)) return;
  for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    writeFileSync(join(root, 'cgroup.procs'), pid);
  }
  rmdirSync(group);
}
