import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { CodedError } from '../model/errors.js';

const STANDARD_INPUT = '/dev/stdin';
/** What becomes of as much fits into the cache of a CPU. */
const CHUNK_BYTES = 256 << 10;
/** Chunks that wait to be taken before the file is read on. */
const CHUNKS_AHEAD = 4;

/** What ended the bytes before their time. */
export interface CutOff {
  /** Bytes, unpacked, that came before it. */
  readonly atByte: number;
  readonly why: string;
}

/**
 * The bytes of a file or of standard input, unpacked where they are gzip, in the order in which they stand. Memory is
 * bounded by a few chunks. A gzip stream that is cut off or damaged hands over all that came before, and says so.
 */
export class ByteSource {
  readonly #chunks: Uint8Array[] = [];
  readonly #raw: ReadStream;
  #unpacked: Gunzip | undefined;
  #ended = false;
  #failure: Error | undefined;
  #delivered = 0;
  #rawBytes = 0;
  #wake: (() => void) | undefined;

  private constructor(
    readonly name: string,
    raw: ReadStream,
    /** Of the file as it lies on the disk; null for a pipe. */
    readonly rawTotal: number | null,
  ) {
    this.#raw = raw;
    raw.on('error', (error: Error) => this.#end(error));
    raw.on('end', () => {
      if (this.#unpacked === undefined) this.#end();
      else this.#unpacked.end();
    });
    raw.on('data', (chunk: Buffer | string) => this.#takeRaw(chunk as Buffer));
  }

  /**
   * @param name a path, `/dev/stdin` included
   * @throws CodedError E_IMPORT_FILE when it cannot be opened
   */
  static async open(name: string): Promise<ByteSource> {
    if (name === STANDARD_INPUT) {
      // Not by its name, which cannot be opened where it is a socket.
      const raw = createReadStream('', { fd: 0, highWaterMark: CHUNK_BYTES });
      return new ByteSource('standard input', raw, null);
    }
    const failed = (why: string): CodedError =>
      new CodedError('E_IMPORT_FILE', `cannot read ${name}: ${why}`, 'name a file that exists and may be read', 2);
    const found = await stat(name).catch((error: Error) => {
      throw failed(error.message);
    });
    if (found.isDirectory()) throw failed('it is a directory');
    const raw = createReadStream(name, { highWaterMark: CHUNK_BYTES });
    await new Promise<void>((resolve, reject) => {
      raw.once('open', () => resolve());
      raw.once('error', (error) => reject(failed(error.message)));
    });
    return new ByteSource(name, raw, found.isFile() ? found.size : null);
  }

  /** Bytes of the file itself, packed or not, that were read so far. */
  get rawBytes(): number {
    return this.#rawBytes;
  }

  /** Bytes handed over. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Set once the bytes have ended before their time. */
  get cutOff(): CutOff | undefined {
    if (this.#failure === undefined || this.#chunks.length > 0) return undefined;
    const code = (this.#failure as NodeJS.ErrnoException).code;
    const why = code === 'Z_BUF_ERROR' ? 'the gzip data end in the middle' : this.#failure.message;
    return { atByte: this.#delivered, why };
  }

  /** The next bytes, or null at the end. */
  async next(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#delivered += chunk.length;
    if (this.#chunks.length < CHUNKS_AHEAD) (this.#unpacked ?? this.#raw).resume();
    return chunk;
  }

  /** Takes no more. */
  close(): void {
    this.#ended = true;
    this.#chunks.length = 0;
    this.#raw.destroy();
    this.#unpacked?.destroy();
  }

  #takeRaw(chunk: Buffer): void {
    const isFirst = this.#rawBytes === 0;
    this.#rawBytes += chunk.length;
    if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b) this.#unpack();
    if (this.#unpacked === undefined) {
      this.#put(chunk, this.#raw);
    } else if (!this.#unpacked.write(chunk)) {
      this.#raw.pause();
    }
  }

  #unpack(): void {
    const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
    unpacked.on('data', (chunk: Buffer) => this.#put(chunk, unpacked));
    unpacked.on('drain', () => this.#raw.resume());
    unpacked.on('end', () => this.#end());
    unpacked.on('error', (error) => this.#end(error));
    this.#unpacked = unpacked;
  }

  #put(chunk: Uint8Array, from: { pause(): void }): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    if (this.#chunks.length >= CHUNKS_AHEAD) from.pause();
    this.#awake();
  }

  #end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#raw.destroy();
    this.#awake();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
