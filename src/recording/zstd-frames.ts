import { joined } from '../codec/frame-cutter.js';
import { zstdReady } from './compression.js';

/** RFC 8878, section 3.1: the first bytes of a frame, little-endian, and of a frame to be skipped. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** A frame is unpacked at once, so this bounds memory, by what comes out; rxray's own hold 256 KiB. */
const MOST_UNPACKED_BYTES = 64 << 20;
/** RFC 8878, section 3.1.1.2.4: no block holds more. */
const MOST_BLOCK_BYTES = 128 << 10;
/** Of a frame that is to be skipped, and so has to be gathered. */
const MOST_SKIPPED_BYTES = 16 << 20;

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
  const { decompress } = await zstdReady();
  let pending: Uint8Array = new Uint8Array(0);
  let before = 0;
  let unpacked = 0;
  for await (const chunk of source) {
    const bytes = pending.length === 0 ? chunk : joined(pending, chunk);
    let at = 0;
    for (;;) {
      const { size, mostUnpacked } = measure(bytes, at);
      if (size < 0) throw new ZstdDamage('no zstd frame', before + at, unpacked);
      if (mostUnpacked > MOST_UNPACKED_BYTES) {
        const why = `a zstd frame of more than ${MOST_UNPACKED_BYTES >> 20} MiB: unpack the file with zstd -d first`;
        throw new ZstdDamage(why, before + at, unpacked);
      }
      if (size === 0 || at + size > bytes.length) break;
      const frame = bytes.subarray(at, at + size);
      if (!isSkippable(frame, 0)) {
        const content = unpack(decompress, frame, before + at, unpacked);
        unpacked += content.length;
        yield content;
      }
      at += size;
    }
    pending = bytes.slice(at);
    before += at;
  }
}

type Decompress = Awaited<ReturnType<typeof zstdReady>>['decompress'];

function unpack(decompress: Decompress, frame: Uint8Array, packedBytes: number, bytes: number): Uint8Array {
  try {
    return decompress(frame, { defaultHeapSize: 16 << 20 });
  } catch (cause) {
    throw new ZstdDamage((cause as Error).message, packedBytes, bytes);
  }
}

interface FrameMeasure {
  /** Bytes of the frame; 0 while too little is there to say, -1 when none starts there. */
  readonly size: number;
  /** What may come out of as much of it as is there: what its header says is not believed. */
  readonly mostUnpacked: number;
}

const NO_FRAME: FrameMeasure = { size: -1, mostUnpacked: 0 };

function measure(bytes: Uint8Array, at: number): FrameMeasure {
  const left = bytes.length - at;
  if (left < 9) return left === 0 || prefixFits(bytes, at) ? { size: 0, mostUnpacked: 0 } : NO_FRAME;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, left);
  if (isSkippable(bytes, at)) {
    const size = 8 + view.getUint32(4, true);
    return size > MOST_SKIPPED_BYTES ? NO_FRAME : { size, mostUnpacked: 0 };
  }
  if (view.getUint32(0, true) !== MAGIC) return NO_FRAME;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const contentBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let size = 5 + (single ? 0 : 1) + dictionaryBytes + contentBytes;
  let mostUnpacked = 0;
  for (let last = false; !last; ) {
    if (left < size + 3) return { size: 0, mostUnpacked };
    const header = view.getUint16(size, true) + (view.getUint8(size + 2) << 16);
    last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    if (type === 3) return NO_FRAME;
    // Raw, then one repeated byte: both say how much they hold. A packed block does not, and holds a whole one at most.
    mostUnpacked += type === 2 ? MOST_BLOCK_BYTES : header >> 3;
    size += 3 + (type === 1 ? 1 : header >> 3);
  }
  return { size: size + ((descriptor & 4) === 0 ? 0 : 4), mostUnpacked };
}

function isSkippable(bytes: Uint8Array, at: number): boolean {
  const magic =
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) + (bytes[at + 3] ?? 0) * 2 ** 24;
  return magic >= SKIPPABLE && magic < SKIPPABLE + 16;
}

function prefixFits(bytes: Uint8Array, at: number): boolean {
  return [0x28, 0xb5, 0x2f, 0xfd].every((byte, index) => at + index >= bytes.length || bytes[at + index] === byte);
}
