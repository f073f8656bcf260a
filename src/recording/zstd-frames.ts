import { decompress } from '@bokuweb/zstd-wasm';
import { joined } from '../codec/frame-cutter.js';
import { zstdReady } from './compression.js';

/** RFC 8878, section 3.1: the first bytes of a frame, little-endian, and of a frame to be skipped. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** A frame is unpacked at once; rxray's own hold a few MB at most. */
const MOST_FRAME_BYTES = 256 << 20;

/** Where a frame is no frame. */
export class ZstdDamage extends Error {
  constructor(
    why: string,
    readonly packedBytes: number,
    readonly bytes: number,
  ) {
    super(why);
  }
}

/**
 * Unpacks a row of zstd frames one by one. A frame that was cut off at the end is left out.
 *
 * @throws ZstdDamage
 */
export async function* unpackFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  await zstdReady();
  let pending: Uint8Array = new Uint8Array(0);
  let before = 0;
  let unpacked = 0;
  for await (const chunk of source) {
    const bytes = pending.length === 0 ? chunk : joined(pending, chunk);
    let at = 0;
    for (;;) {
      const size = frameSize(bytes, at);
      if (size < 0 || size > MOST_FRAME_BYTES) throw new ZstdDamage('no zstd frame', before + at, unpacked);
      if (size === 0 || at + size > bytes.length) break;
      const frame = bytes.subarray(at, at + size);
      if (!isSkippable(frame, 0)) {
        const content = unpack(frame, before + at, unpacked);
        unpacked += content.length;
        yield content;
      }
      at += size;
    }
    pending = bytes.slice(at);
    before += at;
  }
}

function unpack(frame: Uint8Array, packedBytes: number, bytes: number): Uint8Array {
  try {
    return decompress(frame, { defaultHeapSize: 16 << 20 });
  } catch (cause) {
    throw new ZstdDamage((cause as Error).message, packedBytes, bytes);
  }
}

/** Bytes of the frame at `at`; 0 while too little is there to say, -1 when none starts there. */
function frameSize(bytes: Uint8Array, at: number): number {
  const left = bytes.length - at;
  if (left < 9) return left === 0 || prefixFits(bytes, at) ? 0 : -1;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, left);
  if (isSkippable(bytes, at)) return 8 + view.getUint32(4, true);
  if (view.getUint32(0, true) !== MAGIC) return -1;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const contentBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let size = 5 + (single ? 0 : 1) + dictionaryBytes + contentBytes;
  for (let last = false; !last; ) {
    if (left < size + 3) return 0;
    const header = view.getUint16(size, true) + (view.getUint8(size + 2) << 16);
    last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    if (type === 3) return -1;
    // A block of type 1 repeats one byte.
    size += 3 + (type === 1 ? 1 : header >> 3);
  }
  return size + ((descriptor & 4) === 0 ? 0 : 4);
}

function isSkippable(bytes: Uint8Array, at: number): boolean {
  const magic =
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) + (bytes[at + 3] ?? 0) * 2 ** 24;
  return magic >= SKIPPABLE && magic < SKIPPABLE + 16;
}

function prefixFits(bytes: Uint8Array, at: number): boolean {
  return [0x28, 0xb5, 0x2f, 0xfd].every((byte, index) => at + index >= bytes.length || bytes[at + index] === byte);
}
