import { readFileSync } from 'node:fs';

const NET_RAW = 1n << 13n;
/** All users are what they are: this process is in no user namespace of its own. */
const ALL_USERS = /^\s*0\s+0\s+4294967295\s*$/;

/**
 * Whether a program that this process starts may open raw and packet sockets beyond doubt: root of the machine itself,
 * with that capability, and without filters of system calls. Where it is false, only trying tells.
 *
 * @param status of the process, as /proc/self/status has it
 * @param users as /proc/self/uid_map has them
 */
export function startsWithRawSockets(status = procText('status'), users = procText('uid_map')): boolean {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const has = (set: string): boolean => (BigInt(`0x${/^[0-9a-f]+$/.exec(field(set))?.[0] ?? '0'}`) & NET_RAW) !== 0n;
  // What starts as root gets what the bounding set leaves.
  const root = /^0\s+0\s/.test(field('Uid'));
  return root && has('CapEff') && has('CapBnd') && field('Seccomp') === '0' && ALL_USERS.test(users);
}

function procText(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8');
  } catch {
    return '';
  }
}
