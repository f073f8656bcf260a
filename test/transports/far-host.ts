import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, listed, processes, processesIn, type SeenProcess } from './process-list.js';

/** Debian packages of what the far host needs. */
const TOOLS = { '/usr/sbin/sshd': 'openssh-server', '/usr/bin/ssh': 'openssh-client', '/sbin/ip': 'iproute2' };

/** Why there can be no far host here; false when there can. */
export function farHostMissing(): string | false {
  if (process.getuid?.() !== 0) return 'makes a network namespace and mounts: needs root';
  const missing = Object.entries(TOOLS).filter(([path]) => !existsSync(path));
  return missing.length > 0 && `needs ${missing.map(([, name]) => name).join(', ')}`;
}

export interface FarHostOptions {
  /** Places mounted without the right to execute, of /tmp, /var/tmp, /dev/shm, /run and /home. */
  readonly noexec?: readonly string[];
  /** Mount options of /tmp beside that, `size=100k`. */
  readonly tmpOptions?: string;
  /** Lines added to sshd_config. */
  readonly sshd?: string;
  /** Programs that come first in the search path of every session, by name: a script. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Names in that folder that link elsewhere. */
  readonly links?: Readonly<Record<string, string>>;
  /** Nothing but those programs in the search path. */
  readonly onlyThese?: boolean;
}

const PORT = 2222;
const TMP = tmpdir();
const PLACES = ['/tmp', '/var/tmp', '/dev/shm', '/home'];

/**
 * A host of its own kind: sshd in a network namespace, with its own /tmp, /run, users, keys and sudoers. `root`,
 * `ops` (sudo without a password) and `guest` (no sudo) let the key in; the names are hosts of the ssh configuration.
 */
export class FarHost {
  readonly namespace: string;
  readonly configFile: string;
  readonly #folder: string;
  readonly #options: FarHostOptions;
  #sshd: ChildProcess | undefined;

  constructor(name: string, options: FarHostOptions = {}) {
    this.namespace = `tr-${name}-${process.pid}`;
    this.#folder = mkdtempSync(join(TMP, 'tr-'));
    this.configFile = this.file('ssh_config');
    this.#options = options;
  }

  file(name: string): string {
    return join(this.#folder, name);
  }

  /** From now on temporary files of this process lie in a folder of the far host's, so that none is overlooked. */
  async start(): Promise<void> {
    this.#writeFiles();
    mkdirSync(this.file('near'));
    process.env.TMPDIR = this.file('near');
    ip('netns', 'add', this.namespace);
    ip('-n', this.namespace, 'link', 'set', 'lo', 'up');
    const sshd = spawn('ip', ['netns', 'exec', this.namespace, 'sh', '-e', this.file('start.sh'), this.#folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#sshd = sshd;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      sshd.stderr.on('data', (text: Buffer) => {
        said += text;
        if (said.includes('Server listening')) resolve();
      });
      sshd.once('exit', () => reject(new Error(`sshd did not start: ${said}`)));
    });
  }

  async stop(): Promise<void> {
    const sshd = this.#sshd;
    if (sshd && sshd.exitCode === null && sshd.signalCode === null) {
      sshd.kill('SIGTERM');
      await new Promise((resolve) => sshd.once('exit', resolve));
    }
    for (const { pid } of this.processes()) kill(pid);
    ip('netns', 'del', this.namespace);
    process.env.TMPDIR = TMP;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The process that listens: its root is that of the far host. */
  get sshdPid(): number {
    return this.#sshd?.pid ?? 0;
  }

  /** What runs on the far host beside the sshd that listens: sessions, shells, helpers, and the way there. */
  processes(): SeenProcess[] {
    return processesIn(this.namespace).filter(({ pid }) => pid !== this.sshdPid);
  }

  /** Private folders of rxray on the far host. */
  folders(): string[] {
    const root = `/proc/${this.sshdPid}/root`;
    return [...PLACES, '/run', '/home/root', '/home/ops', '/home/guest', '/'].flatMap((place) =>
      listed(root + place).flatMap((name) => (name.startsWith('rxray-') ? [join(place, name)] : [])),
    );
  }

  /** Local programs that lead to this host: they name its configuration. */
  localPrograms(): SeenProcess[] {
    return processes().filter(({ command }) => command.includes(this.configFile));
  }

  /** All that a session must not leave behind, here or there. */
  leftovers(): string[] {
    const show = ({ pid, command }: SeenProcess) => `${pid} ${command.slice(0, 200)}`;
    return [
      ...this.processes().map(show),
      ...this.folders(),
      ...this.localPrograms().map(show),
      ...listed(this.file('near')),
    ];
  }

  /** Waits until nothing is left; returns what still is. */
  async cleared(limitMs: number): Promise<string[]> {
    for (const end = performance.now() + limitMs; performance.now() < end && this.leftovers().length > 0; )
      await sleep(20);
    return this.leftovers();
  }

  #writeFiles(): void {
    const { sshd = '', programs = {}, links = {}, onlyThese = false, noexec = [], tmpOptions = '' } = this.#options;
    const write = (name: string, text: string, mode = 0o644) => {
      writeFileSync(this.file(name), text);
      chmodSync(this.file(name), mode);
    };
    chmodSync(this.#folder, 0o755);
    for (const key of ['host_key', 'id', 'other_id']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.file(key)]);
    }
    write('authorized_keys', readFileSync(this.file('id.pub'), 'utf8'));
    write('known_hosts', `far ${readFileSync(this.file('host_key.pub'), 'utf8')}`);
    write('changed_hosts', `far ${readFileSync(this.file('other_id.pub'), 'utf8')}`);
    write('no_hosts', '');
    write('banner', 'Authorised use only.\n\nYou have been told.\n');
    // What this machine's own root has in its shell's files is nobody's business here, and may take its time.
    const accounts = readFileSync('/etc/passwd', 'utf8').replace(/^(root:.*):\/root:/m, '$1:/home/root:');
    write('passwd', `${accounts}ops:x:4711:4711::/home/ops:/bin/bash\nguest:x:4712:4712::/home/guest:/bin/sh\n`);
    write(
      'shadow',
      `${readFileSync('/etc/shadow', 'utf8')}ops:*:19000:0:99999:7:::\nguest:*:19000:0:99999:7:::\n`,
      0o640,
    );
    write('sudoers', 'ops ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults use_pty, !syslog\n', 0o440);
    mkdirSync(this.file('bin'));
    for (const [name, text] of Object.entries(programs)) write(`bin/${name}`, text, 0o755);
    for (const [name, to] of Object.entries(links)) execFileSync('ln', ['-s', to, this.file(`bin/${name}`)]);
    const path = onlyThese ? '/run/far/bin' : '/run/far/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    write(
      'sshd_config',
      `Port ${PORT}\nListenAddress 127.0.0.1\nHostKey /run/far/host_key\nAuthorizedKeysFile /run/far/authorized_keys
StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\nPasswordAuthentication yes\nPrintMotd no\nBanner /run/far/banner
SetEnv PATH=${path}\n${sshd}\n`,
    );
    write('proxy.cjs', PROXY);
    write('start.sh', startScript(noexec, tmpOptions));
    write('ssh_config', this.#sshConfig());
  }

  #sshConfig(): string {
    const way = `ProxyCommand ip netns exec ${this.namespace} ${process.execPath} ${this.file('proxy.cjs')} ${PORT}`;
    const hosts = ['root', 'ops', 'guest'].map((user) => `Host ${user}\n  User ${user}\n`);
    return `${hosts.join('')}Host stranger
  User root\n  UserKnownHostsFile ${this.file('no_hosts')}
Host changed
  User root\n  UserKnownHostsFile ${this.file('changed_hosts')}
Host locked
  User root\n  IdentityFile ${this.file('other_id')}
Host nowhere
  HostName nowhere..example
Host closed
  HostName 127.0.0.1\n  Port 1
Host silent
  User root\n  ProxyCommand sleep 60
Match originalhost !locked,*
  IdentityFile ${this.file('id')}
Match originalhost !nowhere,!closed,!silent,*
  ${way}
Host *
  HostName far.invalid\n  HostKeyAlias far\n  StrictHostKeyChecking ask\n  IdentitiesOnly yes\n  IdentityAgent none
  UserKnownHostsFile ${this.file('known_hosts')}\n  GlobalKnownHostsFile /dev/null
`;
  }
}

/** Leads a stream from the caller's namespace to the port. */
const PROXY = `const way = require('net').connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(way); way.pipe(process.stdout);
for (const end of [way, process.stdin, process.stdout]) end.on('error', () => process.exit(1)).on('close', () => process.exit(0));
`;

/** Runs in a mount namespace of its own, as \`ip netns exec\` makes one. */
function startScript(noexec: readonly string[], tmpOptions: string): string {
  const options = (place: string) =>
    [
      noexec.includes(place) ? 'noexec' : 'exec',
      place === '/run' || place === '/home' ? 'mode=755' : 'mode=1777',
      ...(place === '/tmp' && tmpOptions !== '' ? [tmpOptions] : []),
    ].join(',');
  const mounts = ['/run', ...PLACES].map((place) => {
    const keep = place === '/run' ? '\nmkdir /run/sshd /run/far; mount --bind "$1" /run/far' : '';
    return `mount -t tmpfs -o ${options(place)} tmpfs ${place}${keep}`;
  });
  return `${mounts.join('\n')}
for file in passwd shadow sudoers; do if [ -e /etc/$file ]; then mount --bind /run/far/$file /etc/$file; fi; done
mkdir --mode=700 /home/root; mkdir /home/ops /home/guest; chown 4711:4711 /home/ops; chown 4712:4712 /home/guest
echo 'echo welcome; printf "no newline "' > /home/ops/.bashrc
exec /usr/sbin/sshd -D -e -f /run/far/sshd_config
`;
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
