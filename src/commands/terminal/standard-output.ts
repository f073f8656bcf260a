import { fstatSync, writeSync } from 'node:fs';
import { printableLines } from '../../format/printable.js';
import { CodedError } from '../../model/errors.js';

/** Node's types leave its descriptor out. */
export type StandardStream = NodeJS.WriteStream & { readonly fd: number };

/** How the output ends, for the one who runs the process. */
export interface OutputEnd {
  /** Whoever read the results has left. */
  readonly left: boolean;
  /** The disk is full, or the like. */
  readonly failure: CodedError | undefined;
}

/**
 * Standard output of this process. Into a file every byte is written or the failure is told: Node's own stream takes a
 * write that was cut short by a full disk for a whole one.
 */
export class StandardOutput {
  readonly #isPiped: boolean;
  #left = false;
  #failure: CodedError | undefined;
  /** Pending while the reader is behind. */
  #room: { readonly promise: Promise<void>; readonly settle: () => void } | undefined;

  /** @param onEnd called once, when nothing more can be written */
  constructor(
    private readonly stream: StandardStream,
    private readonly onEnd: () => void,
  ) {
    this.#isPiped = isPiped(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
    for (const event of ['drain', 'close']) stream.on(event, () => this.#makeRoom());
  }

  /** @returns resolves when there is room for more; rejects with CodedError E_OUTPUT */
  write(text: string): Promise<void> | undefined {
    return this.writeRaw(printableLines(text));
  }

  /** Escape sequences and all. */
  writeRaw(text: string): Promise<void> | undefined {
    if (this.#left) return undefined;
    if (this.#failure) return Promise.reject(this.#failure);
    if (!this.#isPiped) {
      try {
        writeWhole(this.stream.fd, text);
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException);
        return this.#failure && Promise.reject(this.#failure);
      }
      return undefined;
    }
    if (this.stream.write(text)) return undefined;
    this.#room ??= pendingRoom();
    return this.#room.promise.then(() => {
      if (this.#failure) throw this.#failure;
    });
  }

  /** Resolves when all that was written is with the kernel, or cannot be. */
  async end(): Promise<OutputEnd> {
    if (this.#isPiped && !this.#left && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.stream.write('', () => resolve()));
    }
    return { left: this.#left, failure: this.#failure };
  }

  #makeRoom(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.settle();
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#left || this.#failure) return;
    if (error.code === 'EPIPE') this.#left = true;
    else {
      this.#failure = new CodedError(
        'E_OUTPUT',
        `cannot write standard output: ${error.message}`,
        'make room, or write elsewhere with -o FILE',
        4,
      );
    }
    this.#makeRoom();
    this.onEnd();
  }
}

function pendingRoom(): { promise: Promise<void>; settle: () => void } {
  let settle: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

/** Pipes, sockets and terminals are written to as their reader reads; files and other devices at once. */
function isPiped(stream: StandardStream): boolean {
  if (stream.isTTY) return true;
  try {
    const found = fstatSync(stream.fd);
    return found.isFIFO() || found.isSocket();
  } catch {
    return true;
  }
}

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
