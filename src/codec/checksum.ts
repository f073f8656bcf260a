import { crc32 } from 'node:zlib';
import { BLOCK_LAYOUT } from './frames.gen.js';

/** Of shorter blocks a call into zlib, and the view that it wants, take longer than to reckon here. */
const WORTH_A_CALL_BYTES = 512;

/** Words that are taken at once. */
const WORDS = 4;

/** By position among the bytes that are taken at once, the last first: what a byte there does to the sum (reflected). */
const TABLES = tables();

/**
 * CRC-32 over header and payload of a block, the checksum field read as 0.
 *
 * @param from where the block begins in `bytes`
 * @param to where it ends
 * @param view of all bytes, where there is one already
 */
export function checksum(
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
): number {
  const at = from + BLOCK_LAYOUT.crc32;
  const stated = view.getUint32(at);
  // In one go, as blocks are small and calls are dear.
  view.setUint32(at, 0);
  const sum = to - from < WORTH_A_CALL_BYTES ? shortSum(view, from, to) : crc32(bytes.subarray(from, to));
  view.setUint32(at, stated);
  return sum >>> 0;
}

function shortSum(view: DataView, from: number, to: number): number {
  let sum = -1;
  let at = from;
  for (; at + 4 * WORDS <= to; at += 4 * WORDS) {
    sum =
      byWord(sum ^ view.getInt32(at, true), 3) ^
      byWord(view.getInt32(at + 4, true), 2) ^
      byWord(view.getInt32(at + 8, true), 1) ^
      byWord(view.getInt32(at + 12, true), 0);
  }
  for (; at + 4 <= to; at += 4) sum = byWord(sum ^ view.getInt32(at, true), 0);
  for (; at < to; at += 1) sum = (sum >>> 8) ^ (TABLES[(sum ^ view.getUint8(at)) & 0xff] as number);
  return ~sum;
}

/** What so many bytes of 0 behind it make of a sum. */
export function behindZeros(sum: number, bytes: number): number {
  let after = sum;
  for (let zero = 0; zero < bytes; zero += 1) after = (after >>> 8) ^ (TABLES[after & 0xff] as number);
  return after;
}

/** What a word does to the sum that has so many words behind it. */
function byWord(word: number, behind: number): number {
  const table = 1024 * behind;
  return (
    (TABLES[table + 768 + (word & 0xff)] as number) ^
    (TABLES[table + 512 + ((word >>> 8) & 0xff)] as number) ^
    (TABLES[table + 256 + ((word >>> 16) & 0xff)] as number) ^
    (TABLES[table + (word >>> 24)] as number)
  );
}

function tables(): Int32Array {
  const all = new Int32Array(4 * WORDS * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 0 ? sum >>> 1 : (sum >>> 1) ^ 0xedb8_8320;
    all[byte] = sum;
  }
  for (let at = 256; at < all.length; at += 1) {
    const before = all[at - 256] as number;
    all[at] = (before >>> 8) ^ (all[before & 0xff] as number);
  }
  return all;
}
