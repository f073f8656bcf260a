import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endsFor, soundRow } from '../../src/codec/block-row.js';
import { checksum } from '../../src/codec/checksum.js';
import { joined } from '../../src/codec/frame-cutter.js';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { BLOCK_LAYOUT, BLOCK_MAGIC, HELPER } from '../../src/codec/frames.gen.js';
import { seeded } from '../detect/build-stream.js';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A block of so many bytes behind its header, with its checksum. */
function blockOf(payload: number, random: () => number): Uint8Array {
  const block = Uint8Array.from({ length: BLOCK_LAYOUT.bytes + payload }, () => random() * 256);
  const view = viewOf(block);
  view.setUint32(BLOCK_LAYOUT.magic, BLOCK_MAGIC, true);
  view.setUint16(BLOCK_LAYOUT.recordBytes, payload, true);
  view.setUint32(BLOCK_LAYOUT.count, 1, true);
  view.setUint32(BLOCK_LAYOUT.crc32, checksum(block), true);
  return block;
}

/** Whether a row is sound; then it says where each of its blocks ends. */
function isSound(bytes: Uint8Array, from = 0): boolean {
  const ends = endsFor(bytes.length);
  const count = soundRow(bytes, from, viewOf(bytes), ends);
  if (count < 0) return false;
  let at = from;
  for (const end of ends.subarray(0, count)) {
    assert.equal(wholeBytes(bytes.subarray(at, end)), end - at);
    at = end;
  }
  assert.equal(at - from, wholeBytes(bytes.subarray(from)));
  return true;
}

const random = seeded(11);
const blocks = [16, 280, 16, 140, 16, 280, 0, 1, 2, 3, 16, 280].map((payload) => blockOf(payload, random));
const row = joined(...blocks);

test('a row of sound blocks is sound, wherever it begins and whatever is cut off at its end', () => {
  assert.ok(isSound(row));
  let at = 0;
  for (const block of blocks) {
    assert.ok(isSound(row, at), `from ${at} on`);
    for (const more of [1, 20, block.length - 1]) {
      const cut = row.subarray(0, at + more);
      assert.ok(isSound(cut), `cut off at ${at + more}`);
    }
    at += block.length;
  }
});

test('no bit of it can be another one, stated checksums included', () => {
  const bytes = row.slice();
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      // A length that says more than is there looks like a block that was cut off: its reader sees to that.
      const isSeen = !isSound(bytes);
      const cutOff = wholeBytes(bytes) < bytes.length;
      assert.ok(isSeen || cutOff, `bit ${bit} of byte ${at}`);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    }
  }
  assert.deepEqual(bytes, row);
});

/** How far blocks of the lengths that they state go. */
function wholeBytes(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let at = 0;
  while (at + BLOCK_LAYOUT.bytes <= bytes.length) {
    const payload = view.getUint16(at + BLOCK_LAYOUT.recordBytes, true) * view.getUint32(at + BLOCK_LAYOUT.count, true);
    if (at + BLOCK_LAYOUT.bytes + payload > bytes.length) break;
    at += BLOCK_LAYOUT.bytes + payload;
  }
  return at;
}

test('two blocks that each are wrong are not sound together', () => {
  const bytes = row.slice();
  bytes[BLOCK_LAYOUT.bytes] = (bytes[BLOCK_LAYOUT.bytes] ?? 0) ^ 1;
  const second = (blocks[0]?.length ?? 0) + BLOCK_LAYOUT.bytes;
  bytes[second] = (bytes[second] ?? 0) ^ 1;
  assert.equal(isSound(bytes), false);
});

test('what is no row of short blocks is left to who looks at each', () => {
  const header = new FrameEncoder(HELPER.prober).encode({
    kind: 'start',
    epochRealNs: 1n,
    epochMonoNs: 1n,
    streamId: 1n,
  });
  const withHeader = joined(row, header, row);
  assert.equal(isSound(withHeader), false);
  const long = joined(row, blockOf(5_000, random));
  assert.equal(isSound(long), false);
  assert.ok(isSound(new Uint8Array(0)), 'of nothing, nothing is wrong');
});
