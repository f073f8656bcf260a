import { checksum } from './checksum.js';
import { frameBytes, joined } from './frame-cutter.js';
import { BLOCK_LAYOUT, FRAMES_MAGIC } from './frames.gen.js';

/**
 * Whole frames, with the records of one type left out. Their blocks stay, with none in them, as readers miss a block whose
 * number does not come.
 *
 * @param type of the records
 * @returns `frames` itself where there are none of them
 */
export function withoutRecords(frames: Uint8Array, type: number): Uint8Array {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = 0, size = 0; at < frames.length; at += size) {
    size = frameBytes(frames, at, view);
    // Where no frame starts any more, the decoder behind says what is wrong.
    if (size <= 0) break;
    if (frames[at] === FRAMES_MAGIC[0] || view.getUint16(at + BLOCK_LAYOUT.type, true) !== type) continue;
    parts.push(frames.subarray(from, at), emptied(frames, at));
    from = at + size;
  }
  return parts.length === 0 ? frames : joined(...parts, frames.subarray(from));
}

function emptied(frames: Uint8Array, at: number): Uint8Array {
  // A copy, which the `slice` of a Buffer is not.
  const block = new Uint8Array(frames.subarray(at, at + BLOCK_LAYOUT.bytes));
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  view.setUint32(BLOCK_LAYOUT.count, 0, true);
  view.setUint32(BLOCK_LAYOUT.crc32, checksum(block), true);
  return block;
}
