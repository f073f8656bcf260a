import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/** What is still to be written when the terminal is given back is tried for so long. */
const LAST_WORDS_MS = 200;
const BETWEEN_TRIES_MS = 5;

/**
 * The terminal as a stream that never waits. Node writes to terminals synchronously: one that does not read (a slow ssh
 * connection, a stopped one) would stop the reading of samples with it. This one opens the terminal once more, without
 * waiting, and keeps what did not fit; whoever paints looks at {@link isEmpty} first.
 */
export class TerminalOutput extends Writable {
  readonly isTTY = true;
  readonly #fd: number;
  readonly #own: boolean;
  #waiting: Buffer = Buffer.alloc(0);
  #gone = false;
  readonly #resized = (): void => {
    this.emit('resize');
  };

  /** @param terminal whose size and resizing this one has too */
  constructor(private readonly terminal: WriteStream & { readonly fd: number }) {
    super({ decodeStrings: false });
    const opened = reopen(terminal.fd);
    this.#fd = opened ?? terminal.fd;
    this.#own = opened !== undefined;
    terminal.on('resize', this.#resized);
  }

  get columns(): number {
    return this.terminal.columns;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  /** Whether everything written has left; tries to send what has not. */
  isEmpty(): boolean {
    this.#send();
    return this.#waiting.length === 0;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#send();
    done();
  }

  /** Sends the rest, as far as the terminal takes it within a moment, and lets go of it. */
  close(): void {
    if (this.#gone) return;
    this.terminal.off('resize', this.#resized);
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let triedMs = 0; !this.isEmpty() && triedMs < LAST_WORDS_MS; triedMs += BETWEEN_TRIES_MS) {
      Atomics.wait(pause, 0, 0, BETWEEN_TRIES_MS);
    }
    this.#gone = true;
    if (this.#own) closeSync(this.#fd);
  }

  #send(): void {
    while (this.#waiting.length > 0 && !this.#gone) {
      try {
        this.#waiting = this.#waiting.subarray(writeSync(this.#fd, this.#waiting));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
        // Hung up: there is nobody to write for.
        this.#waiting = Buffer.alloc(0);
        this.emit('gone');
      }
    }
  }
}

/** Undefined where the terminal belongs to somebody else, as after su: then it is written to as it is. */
function reopen(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
