import { crc32 } from 'node:zlib';
import { behindZeros } from './checksum.js';
import { frameBytes } from './frame-cutter.js';
import { BLOCK_LAYOUT, FRAMES_MAGIC } from './frames.gen.js';

/** Longer blocks, and more lengths of them than this, are checked one by one. */
const MOST_BYTES = 4_096;
const MOST_LENGTHS = 128;
const TABLE = 1_024;

/** Where the checksum of a block's own checksum ends: it is reckoned with 0 in its place. */
const BEHIND = BLOCK_LAYOUT.crc32;

/** By number of bytes, once it was met: what as many zeros behind it make of a sum, for each of its four bytes. */
const passed: (Int32Array | undefined)[] = [];
let lengths = 0;

/** Where the blocks of a row end, one after the other. */
export type Ends = Int32Array;

/** As many ends as blocks may fit into so many bytes. */
export const endsFor = (bytes: number): Ends => new Int32Array(Math.ceil(bytes / BLOCK_LAYOUT.bytes) + 1);

/**
 * Looks at the whole blocks from `from` on, of which all must have the checksums that they state, with one sum over all of
 * them: a CRC is linear, so that of a row follows from those of its parts.
 *
 * @param ends filled with where each of them ends
 * @returns how many there are; -1 where that cannot be told, as one is damaged or the row holds something else or a long
 *   block: then each has to be looked at
 */
export function soundRow(bytes: Uint8Array, from: number, view: DataView, ends: Ends): number {
  let at = from;
  let sum = 0;
  let count = 0;
  while (at < bytes.length) {
    if (bytes[at] === FRAMES_MAGIC[0]) return -1;
    const size = frameBytes(bytes, at, view);
    if (size < 0 || size > MOST_BYTES) return -1;
    if (size === 0 || at + size > bytes.length) break;
    const all = passed[size] ?? learnt(size);
    const behind = passed[size - BEHIND] ?? learnt(size - BEHIND);
    if (all === undefined || behind === undefined) return -1;
    const stated = view.getInt32(at + BLOCK_LAYOUT.crc32, true);
    // What the sum so far becomes, what the block with 0 in that place adds, and what the bytes of that place do.
    sum = after(all, sum) ^ stated ^ after(behind, stated);
    at += size;
    ends[count] = at;
    count += 1;
  }
  return crc32(bytes.subarray(from, at)) === sum >>> 0 ? count : -1;
}

function after(table: Int32Array, sum: number): number {
  return (
    (table[sum & 0xff] as number) ^
    (table[256 + ((sum >>> 8) & 0xff)] as number) ^
    (table[512 + ((sum >>> 16) & 0xff)] as number) ^
    (table[768 + (sum >>> 24)] as number)
  );
}

function learnt(bytes: number): Int32Array | undefined {
  if (lengths >= MOST_LENGTHS) return undefined;
  lengths += 1;
  const table = new Int32Array(TABLE);
  for (let bit = 0; bit < 32; bit += 1) {
    const sum = behindZeros(1 << bit, bytes);
    // All values of the byte that have this bit as their highest are those without it, and this.
    const [first, own] = [256 * (bit >> 3), 1 << (bit & 7)];
    for (let low = 0; low < own; low += 1) table[first + own + low] = sum ^ (table[first + low] as number);
  }
  passed[bytes] = table;
  return table;
}
