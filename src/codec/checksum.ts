import { crc32 } from 'node:zlib';
import { BLOCK_LAYOUT } from './frames.gen.js';

/** Of shorter blocks a call into zlib, and the view that it wants, take longer than to reckon here. */
const WORTH_A_CALL_BYTES = 256;

/** By position among four bytes that are taken at once, the last first: what a byte there does to the sum (reflected). */
const TABLES = tables();

/**
 * CRC-32 over header and payload of a block, the checksum field read as 0.
 *
 * @param from where the block begins in `bytes`
 * @param to where it ends
 */
export function checksum(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const at = from + BLOCK_LAYOUT.crc32;
  const [first, second, third, fourth] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  // In one go, as blocks are small and calls are dear.
  bytes.fill(0, at, at + 4);
  const sum = to - from < WORTH_A_CALL_BYTES ? shortSum(bytes, from, to) : crc32(bytes.subarray(from, to));
  bytes[at] = first as number;
  bytes[at + 1] = second as number;
  bytes[at + 2] = third as number;
  bytes[at + 3] = fourth as number;
  return sum >>> 0;
}

function shortSum(bytes: Uint8Array, from: number, to: number): number {
  let sum = -1;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    sum ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    sum =
      (TABLES[768 + (sum & 0xff)] as number) ^
      (TABLES[512 + ((sum >>> 8) & 0xff)] as number) ^
      (TABLES[256 + ((sum >>> 16) & 0xff)] as number) ^
      (TABLES[sum >>> 24] as number);
  }
  for (; at < to; at += 1) sum = (sum >>> 8) ^ (TABLES[(sum ^ (bytes[at] as number)) & 0xff] as number);
  return ~sum;
}

function tables(): Int32Array {
  const all = new Int32Array(4 * 256);
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
