import { BLOCK_LAYOUT, BLOCK_MAGIC, FRAMES_MAGIC, HEADER_LAYOUT } from './frames.gen.js';

/** A block larger than this is no block: lengths that come from damage must not allocate memory. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/**
 * Length of the stream header or block that starts at `at`.
 *
 * @param view of all bytes, where there is one already
 * @returns 0 while too little of it is there to say, -1 when neither starts there
 */
export function frameBytes(
  bytes: Uint8Array,
  at: number,
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
): number {
  if (bytes[at] === FRAMES_MAGIC[0]) return headerBytes(bytes, at);
  const left = bytes.length - at;
  if (left < 4) return 0;
  if (view.getUint32(at + BLOCK_LAYOUT.magic, true) !== BLOCK_MAGIC) return -1;
  if (left < BLOCK_LAYOUT.bytes) return 0;
  const records = view.getUint32(at + BLOCK_LAYOUT.count, true);
  const payload = view.getUint16(at + BLOCK_LAYOUT.recordBytes, true) * records;
  return payload > MAX_BLOCK_BYTES ? -1 : BLOCK_LAYOUT.bytes + payload;
}

function headerBytes(bytes: Uint8Array, at: number): number {
  const known = Math.min(bytes.length - at, FRAMES_MAGIC.length);
  for (let index = 0; index < known; index += 1) if (bytes[at + index] !== FRAMES_MAGIC[index]) return -1;
  if (bytes.length - at < HEADER_LAYOUT.bytes) return 0;
  const low = bytes[at + HEADER_LAYOUT.headerBytes] ?? 0;
  const size = low + 256 * (bytes[at + HEADER_LAYOUT.headerBytes + 1] ?? 0);
  return size < HEADER_LAYOUT.bytes ? -1 : size;
}

/** Hands on the bytes of a helper's stream, cut anywhere, in whole headers and blocks, unchanged. */
export class FrameCutter {
  #pending: Uint8Array = new Uint8Array(0);
  #lost = false;

  /**
   * What is whole by now; may be empty. From where no frame starts any more, all is handed on as it comes: the
   * decoder behind says what is wrong with it.
   */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#lost) return chunk;
    const bytes = this.#pending.length === 0 ? chunk : joined(this.#pending, chunk);
    let at = 0;
    for (;;) {
      const size = at < bytes.length ? frameBytes(bytes, at) : 0;
      if (size < 0) {
        this.#lost = true;
        this.#pending = new Uint8Array(0);
        return bytes;
      }
      if (size === 0 || at + size > bytes.length) break;
      at += size;
    }
    this.#pending = bytes.slice(at);
    return bytes.subarray(0, at);
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
