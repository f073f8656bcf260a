import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Frames as they came, at an instant of `performance.now()`. */
export interface Chunk {
  readonly atMs: number;
  readonly frames: Uint8Array;
}

/** Chunks one after the other, compressed to about a quarter; `ends` are where they end when they are not. */
interface Pack {
  readonly atMs: readonly number[];
  readonly ends: readonly number[];
  readonly deflated: Uint8Array;
}

/** So much is compressed at once, which takes some 2 ms. */
const PACK_BYTES = 64 * 1024;

/** The frames of the last minutes, small in memory: all but the newest compressed. */
export class KeptFrames {
  #packs: Pack[] = [];
  #newest: Chunk[] = [];
  #newestBytes = 0;
  #bytes = 0;

  /** What they take of memory, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#packs.length === 0 && this.#newest.length === 0;
  }

  push(chunk: Chunk): void {
    this.#newest.push(chunk);
    this.#newestBytes += chunk.frames.length;
    this.#bytes += chunk.frames.length;
    if (this.#newestBytes >= PACK_BYTES) this.#pack();
  }

  /** Leaves out what is older than an instant, and the oldest where more bytes are taken than may be. */
  forget(beforeMs: number, mostBytes: number): void {
    const isGone = (newestMs: number | undefined): boolean =>
      newestMs !== undefined && (newestMs <= beforeMs || this.#bytes > mostBytes);
    while (isGone(this.#packs[0]?.atMs.at(-1))) this.#bytes -= this.#packs.shift()?.deflated.length ?? 0;
    if (this.#packs.length > 0) return;
    let gone = 0;
    for (const { atMs, frames } of this.#newest) {
      if (!isGone(atMs)) break;
      this.#bytes -= frames.length;
      this.#newestBytes -= frames.length;
      gone += 1;
    }
    if (gone > 0) this.#newest.splice(0, gone);
  }

  clear(): void {
    this.#packs = [];
    this.#newest = [];
    this.#newestBytes = 0;
    this.#bytes = 0;
  }

  /** All of them, oldest first. */
  chunks(): Chunk[] {
    return [...this.#packs.flatMap(unpacked), ...this.#newest];
  }

  #pack(): void {
    let end = 0;
    const ends = this.#newest.map(({ frames }) => {
      end += frames.length;
      return end;
    });
    const deflated = deflateRawSync(Buffer.concat(this.#newest.map(({ frames }) => frames)), { level: 1 });
    // A buffer of its own size: what zlib hands over may be part of a larger one.
    this.#packs.push({ atMs: this.#newest.map(({ atMs }) => atMs), ends, deflated: new Uint8Array(deflated) });
    this.#bytes += deflated.length - this.#newestBytes;
    this.#newest = [];
    this.#newestBytes = 0;
  }
}

function unpacked({ atMs, ends, deflated }: Pack): Chunk[] {
  const frames = inflateRawSync(deflated);
  return ends.map((end, i) => ({ atMs: atMs[i] as number, frames: frames.subarray(ends[i - 1] ?? 0, end) }));
}
