import { crc32 } from 'node:zlib';
import { BLOCK_LAYOUT } from './frames.gen.js';

const CRC_FIELD_ZERO = new Uint8Array(4);

/** Over header and payload of a block, the checksum field read as 0. */
export function checksum(block: Uint8Array): number {
  const before = crc32(block.subarray(0, BLOCK_LAYOUT.crc32));
  const field = crc32(CRC_FIELD_ZERO, before);
  return crc32(block.subarray(BLOCK_LAYOUT.crc32 + 4), field) >>> 0;
}
