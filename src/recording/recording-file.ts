import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../model/errors.js';
import { type Compression, compressionOf, createCompressor } from './compression.js';

/** Compressed bytes are gathered for so long, as each run of them is compressed on its own. */
const GATHER_MS = 50;
/** Written, or compressed, at once: what is lost when the last such run is cut. */
const RUN_BYTES = 256 << 10;
/** Beyond this the measurement waits for the disk … */
const MOST_PENDING_BYTES = 4 << 20;
/** … but no longer than this, as a prober that nobody reads drops records. */
const MOST_WAIT_MS = 1_000;
/**
 * What comes is not worked on, and so not printed, while as much as comes in this time is not with the kernel yet: on a busy
 * machine a turn of the event loop brings a second of samples, all of which would be printed before any is written. A disk
 * that is slow itself is waited for once.
 */
const MOST_BEHIND_MS = 150;

/**
 * The file, or the row of files, that a recording goes to. Bytes appended are on their way to the kernel within
 * GATHER_MS, so that the death of this process loses no more than that. Trouble with the disk ends the recording,
 * which is told once, and nothing else.
 */
export class RecordingFile {
  readonly #pending: (Uint8Array | { readonly next: string })[] = [];
  #pendingBytes = 0;
  #draining: Promise<void> | undefined;
  /** Bytes written to the present file. */
  #offset = 0;
  #moving = false;
  #trouble: CodedError | undefined;
  #urgent = false;
  #lastAppendMs = performance.now();
  /** Since when there is something that is not with the kernel. */
  #owedSinceMs: number | undefined;
  /** It was waited for in vain: what is slow is the disk. */
  #diskIsSlow = false;

  private constructor(
    private path: string,
    private handle: FileHandle,
    private readonly compression: Compression,
    private readonly compress: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array,
    private readonly onTrouble: (trouble: CodedError) => void,
  ) {}

  /** @throws CodedError E_RECORDING when the file cannot be made */
  static async open(path: string, onTrouble: (trouble: CodedError) => void): Promise<RecordingFile> {
    const compression = compressionOf(path);
    const compress = await createCompressor(compression);
    try {
      return new RecordingFile(path, await open(path, 'w'), compression, compress, onTrouble);
    } catch (cause) {
      throw troubleWith(path, cause as Error);
    }
  }

  /** Bytes in the present file, on the disk. */
  get size(): number {
    return this.#moving ? 0 : this.#offset;
  }

  get failed(): boolean {
    return this.#trouble !== undefined;
  }

  append(bytes: Uint8Array): void {
    if (this.#trouble) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    // It may have waited for this process since the last ones came.
    this.#owedSinceMs ??= this.#lastAppendMs;
    this.#lastAppendMs = performance.now();
    this.#draining ??= this.#drain();
  }

  /** What is appended from now on goes to another file. */
  goOnIn(path: string): void {
    if (this.#trouble) return;
    this.#pending.push({ next: path });
    this.#moving = true;
    this.#draining ??= this.#drain();
  }

  /** Resolves at once, but where the disk is behind when there is room again, or after a second. */
  async room(): Promise<void> {
    if (!this.#isBehind()) return;
    const until = performance.now() + MOST_WAIT_MS;
    this.#urgent = true;
    while (this.#isBehind() && performance.now() <= until) await sleep(5);
    this.#urgent = false;
    this.#diskIsSlow = this.#isBehind();
    if (this.#pendingBytes >= MOST_PENDING_BYTES) {
      this.#fail(new Error(`the disk is behind by ${this.#pendingBytes >> 20} MB`));
    }
  }

  #isBehind(): boolean {
    if (this.#trouble) return false;
    if (this.#pendingBytes >= MOST_PENDING_BYTES) return true;
    if (this.#diskIsSlow || this.#owedSinceMs === undefined) return false;
    return performance.now() - this.#owedSinceMs > MOST_BEHIND_MS;
  }

  /** Resolves when all that was appended is with the kernel. */
  async written(): Promise<void> {
    this.#urgent = true;
    while (this.#draining) await this.#draining;
    this.#urgent = false;
  }

  async close(): Promise<void> {
    await this.written();
    await this.handle.close().catch((cause: Error) => this.#fail(cause));
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#trouble) {
        if (this.compression !== 'none' && !this.#urgent) await sleep(GATHER_MS);
        await this.#writeNext();
      }
    } catch (cause) {
      this.#fail(cause as Error);
    }
    this.#draining = undefined;
  }

  async #writeNext(): Promise<void> {
    const [first] = this.#pending;
    if (first !== undefined && 'next' in first) {
      this.#pending.shift();
      await this.handle.close();
      this.path = first.next;
      this.handle = await open(this.path, 'w');
      this.#offset = 0;
      this.#moving = false;
      return;
    }
    const takenMs = performance.now();
    const bytes = Buffer.concat(this.#takeRun());
    await this.#write(await this.compress(bytes));
    this.#pendingBytes -= bytes.length;
    this.#owedSinceMs = this.#pendingBytes > 0 ? takenMs : undefined;
    if (this.#owedSinceMs === undefined) this.#diskIsSlow = false;
  }

  #takeRun(): Uint8Array[] {
    const run: Uint8Array[] = [];
    let length = 0;
    for (const entry of this.#pending) {
      if ('next' in entry || length >= RUN_BYTES) break;
      run.push(entry);
      length += entry.length;
    }
    this.#pending.splice(0, run.length);
    return run;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const from = this.#offset;
    let written = 0;
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written, from + written);
        written += bytesWritten;
      }
    } catch (cause) {
      // Half a block is of use to nobody; a reader would tolerate it all the same.
      await this.handle.truncate(from).catch(() => {});
      throw cause;
    }
    this.#offset = from + bytes.length;
  }

  #fail(cause: Error): void {
    if (this.#trouble) return;
    this.#trouble = troubleWith(this.path, cause);
    this.#pending.length = 0;
    this.#pendingBytes = 0;
    this.onTrouble(this.#trouble);
  }
}

/** Removes an old part; that it is gone already is no trouble. */
export async function removePart(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

function troubleWith(path: string, cause: Error): CodedError {
  return new CodedError(
    'E_RECORDING',
    `cannot write the recording ${path}: ${cause.message}`,
    'make room, or record to another disk; --rotate SIZE --keep N bounds what a recording takes',
    4,
  );
}
