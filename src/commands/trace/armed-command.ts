import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { CodedError } from '../../model/errors.js';

/** Waits for a line on descriptor 3, then becomes the command; without one it ends. */
const WAITING_SHELL = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** A command whose process exists, so that it can be traced from its first instruction on, but which has yet to go. */
export class ArmedCommand {
  /** Its exit status, as a shell tells it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  constructor(command: readonly string[]) {
    this.#child = spawn('sh', ['-c', WAITING_SHELL, 'sh', ...command], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    this.#gate.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve(127));
      this.#child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new CodedError('E_COMMAND', 'cannot start sh', 'install a shell', 4);
    return pid;
  }

  get #gate(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  go(): void {
    this.#gate.end('go\n');
  }

  /** One that never went ends; one that runs goes on by itself. */
  giveUp(): void {
    this.#gate.end();
  }
}
