import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../../model/errors.js';
import type { Transport } from '../transport.js';
import { FAR_COMMAND, quoted } from './far-script.js';
import { FarSession } from './far-session.js';
import type { FarConnection, FarShell } from './far-shell.js';
import { BEAT_SECONDS, FarTransport, type FarTransportSettings } from './far-transport.js';
import { sshFailure } from './ssh-failure.js';

export interface SshOptions extends FarTransportSettings {
  /** Instead of the user's own configuration. */
  readonly configFile?: string;
}

/**
 * Helpers on a host that the user reaches with `ssh HOST`, with their own configuration, keys and agent.
 *
 * One connection carries all sessions. It never asks: what would need an answer fails with E_SSH, and a link that is
 * dead shows within 20 seconds. As whom the helper runs (`runsAs`): as root where the login is root or sudo asks for
 * no password, else as the user.
 *
 * @param host a name or `user@name`, as ssh takes it
 * @throws CodedError E_SSH when the host looks like an option
 */
export function sshTransport(host: string, options: SshOptions = {}): Transport {
  if (host === '' || host.startsWith('-')) {
    throw new CodedError('E_SSH', `${JSON.stringify(host)} is no host`, 'write HOST or USER@HOST', 2);
  }
  const { configFile, beatSeconds = BEAT_SECONDS } = options;
  const config = configFile === undefined ? [] : ['-F', configFile];
  const shell: FarShell = {
    place: host,
    connect: async () => new SshConnection(host, [...config, '-o', `ServerAliveInterval=${beatSeconds}`]),
    explain: (end) => sshFailure(host, end),
  };
  return new FarTransport(shell, options);
}

/** What the user's configuration may say otherwise for interactive use. */
const OPTIONS = [
  'BatchMode=yes',
  'ConnectTimeout=10',
  'ConnectionAttempts=1',
  'ServerAliveCountMax=3',
  // That a server no longer answers is not told below this.
  'LogLevel=INFO',
  'ControlPersist=no',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
].flatMap((option) => ['-o', option]);

/** A socket's path may have 107 bytes, of which ssh takes 17 for a name that it uses at first. */
const LONGEST_FOLDER = 80;

/**
 * Runs ssh in a folder of its own and removes that whatever happens to this process: with it the keeper's stdin
 * closes, so the far side ends and then ssh. A signal to both ends ssh first, as a shell waits for what it runs.
 */
const IN_FOLDER = `trap 'rm -rf "$0"' EXIT; trap 'exit 143' HUP INT TERM; umask 077; mkdir "$0" && ssh "$@"`;

/** A path in an option of ssh (ssh_config(5)): blanks need quotes, and a percent sign begins a token. */
export function sshWord(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/** The keeper's session is the master of the connection, which lasts as long as any of its sessions. */
class SshConnection implements FarConnection {
  readonly keeper: FarSession;
  readonly #args: readonly string[];

  constructor(host: string, config: readonly string[]) {
    const name = `rxray-ssh-${randomBytes(8).toString('hex')}`;
    const isFit = tmpdir().length + name.length < LONGEST_FOLDER && !/["\\]/.test(tmpdir());
    const folder = join(isFit ? tmpdir() : '/tmp', name);
    const command = `exec ${FAR_COMMAND.slice(0, 2).join(' ')} ${FAR_COMMAND.slice(2).map(quoted).join(' ')}`;
    const args = [...config, '-T', ...OPTIONS, '-o', `ControlPath=${sshWord(`${folder}/s`)}`];
    const end = ['--', host, command];
    this.#args = [...args, '-o', 'ControlMaster=no', ...end];
    this.keeper = new FarSession('sh', ['-c', IN_FOLDER, folder, ...args, '-o', 'ControlMaster=yes', ...end]);
    // For the case that the shell itself was killed.
    const tidy = () => rmSync(folder, { recursive: true, force: true });
    this.keeper.closed.then(tidy, tidy);
  }

  open(): FarSession {
    return new FarSession('ssh', this.#args);
  }
}
