// A user namespace with the accounts of this machine, in which programs of another processor run.
import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { output } from '../../step.mjs';

/** Where the table of foreign programs lies; that of the namespace is mounted over the machine's. */
const TABLE = '/proc/sys/fs/binfmt_misc';
/** Accounts that Debian's packages make lie below. */
const ACCOUNTS = '0 0 65536\n';
/** ELF, 64 bits, little-endian, an executable or a shared object; the machine is that of {@link MACHINES}. */
const MAGIC = '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00';
const MASK = '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';
const MACHINES = { aarch64: '\\xb7\\x00', x86_64: '\\x3e\\x00' };

/**
 * Runs a command as root of a user namespace with namespaces of its own for mounts, processes and network.
 *
 * @returns its exit status
 */
export function runInUserNamespace(words) {
  const inner = ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child', ...words];
  const script = 'echo there >&3; read -r go; exec "$@" 3>&-';
  const child = spawn('unshare', ['--user', 'sh', '-c', script, 'sh', ...inner], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
  });
  child.stdio[3].once('data', () => {
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${child.pid}/${map}`, ACCOUNTS);
    child.stdin.end('go\n');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
}

/**
 * Has the kernel start programs of a platform by qemu, in this user namespace alone: since Linux 6.7 each has its own
 * table of such programs, and it goes with the namespace. Before, a table can only be changed for the whole machine,
 * which a check has no business with.
 */
export function emulate({ machine }) {
  const mounted = output('mount', ['-t', 'binfmt_misc', 'binfmt_misc', TABLE]);
  if (mounted === undefined || !readdirSync(TABLE).includes('register'))
    throw new Error('this kernel has no table of foreign programs for a user namespace of its own: it takes Linux 6.7');
  const qemu = output('which', [`qemu-${machine}-static`]);
  if (!qemu) throw new Error(`qemu-${machine}-static is missing: apt-get install qemu-user-static`);
  // F: qemu is opened now, so that it is found within another root.
  writeFileSync(`${TABLE}/register`, `:rxray-${machine}:M::${MAGIC}${MACHINES[machine]}:${MASK}:${qemu}:F`);
}
