import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { checksum } from '../../src/codec/checksum.js';
import { BLOCK_LAYOUT } from '../../src/codec/frames.gen.js';

/** Every length from a bare block on, past the one from which zlib is called. */
const LENGTHS = Array.from({ length: 600 }, (_, more) => BLOCK_LAYOUT.bytes + more);

test('a block of any length, anywhere in its bytes, has the CRC-32 that zlib reckons of it without the field', () => {
  for (const length of LENGTHS) {
    const before = length % 7;
    const bytes = Uint8Array.from({ length: before + length + 5 }, (_, i) => (i * i * 31 + length * 17 + 255) & 0xff);
    const copy = bytes.slice();
    const block = bytes.slice(before, before + length).fill(0, BLOCK_LAYOUT.crc32, BLOCK_LAYOUT.crc32 + 4);
    assert.equal(checksum(bytes, before, before + length), crc32(block) >>> 0, `${length} bytes`);
    assert.deepEqual(bytes, copy, 'nothing is changed');
  }
});

test('a block alone is the whole of its bytes', () => {
  const block = Uint8Array.from({ length: BLOCK_LAYOUT.bytes + 16 }, (_, i) => 255 - i);
  assert.equal(checksum(block), checksum(block, 0, block.length));
});
