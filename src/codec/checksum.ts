import { crc32 } from 'node:zlib';
import { BLOCK_LAYOUT } from './frames.gen.js';

/** Over header and payload of a block, the checksum field read as 0. */
export function checksum(block: Uint8Array): number {
  const at = BLOCK_LAYOUT.crc32;
  const [first, second, third, fourth] = [block[at], block[at + 1], block[at + 2], block[at + 3]] as [
    number,
    number,
    number,
    number,
  ];
  // In one call, as blocks are small and calls are dear.
  block.fill(0, at, at + 4);
  const sum = crc32(block);
  block[at] = first;
  block[at + 1] = second;
  block[at + 2] = third;
  block[at + 3] = fourth;
  return sum >>> 0;
}
