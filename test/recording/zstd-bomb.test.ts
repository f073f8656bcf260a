import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compress } from '@bokuweb/zstd-wasm';
import { zstdReady } from '../../src/recording/compression.js';
import { unpackFrames, ZstdDamage } from '../../src/recording/zstd-frames.js';

const BLOCK_BYTES = 128 << 10;
/** RFC 8878, section 3.1.1: magic, a header without a stated size, a window of 1 MiB. */
const FRAME_BEGIN = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];

/** A frame of blocks that each repeat one byte: four bytes of file for 128 KiB. */
function repeated(blocks: number): Uint8Array {
  const bytes = Buffer.alloc(FRAME_BEGIN.length + 4 * blocks);
  bytes.set(FRAME_BEGIN);
  for (let block = 0; block < blocks; block += 1) {
    const isLast = block === blocks - 1 ? 1 : 0;
    bytes.writeUIntLE(isLast | (1 << 1) | (BLOCK_BYTES << 3), FRAME_BEGIN.length + 4 * block, 3);
    bytes[FRAME_BEGIN.length + 4 * block + 3] = 0x41;
  }
  return bytes;
}

async function unpacked(...chunks: readonly Uint8Array[]): Promise<number> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  let length = 0;
  for await (const content of unpackFrames(source())) length += content.length;
  return length;
}

test('a frame of few bytes that unpacks to gigabytes is refused before it is unpacked', async () => {
  const before = process.memoryUsage().rss;
  await assert.rejects(
    unpacked(repeated(12_000)),
    (error) => error instanceof ZstdDamage && /zstd -d/.test(error.message),
  );
  assert.ok(process.memoryUsage().rss - before < 100e6, 'memory stays');
});

test('also while it is still coming in, piece by piece', async () => {
  const bomb = repeated(20_000);
  await assert.rejects(unpacked(bomb.subarray(0, 5_000), bomb.subarray(5_000)), ZstdDamage);
});

test('a frame of as much as is allowed is unpacked', async () => {
  assert.equal(await unpacked(repeated(64)), 64 * BLOCK_BYTES);
});

test('frames as rxray writes them are unpacked, any number in a row', async () => {
  await zstdReady();
  const frame = compress(Buffer.alloc(256 << 10, 'rxray'));
  assert.equal(await unpacked(...Array.from({ length: 40 }, () => frame)), 40 * (256 << 10));
});
