import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutRecords } from '../../src/codec/emptied-blocks.js';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { CLOCK_LAYOUT, HELPER, PAUSE_LAYOUT } from '../../src/codec/frames.gen.js';
import type { EngineEvent } from '../../src/model/engine-event.js';

const clock = (timeNs: number): EngineEvent => ({
  kind: 'clock',
  clock: { timeNs, realDriftNs: 0, stepNs: 0, uncertaintyNs: 0 },
});
const events: readonly EngineEvent[] = [
  { kind: 'start', epochRealNs: 1n, epochMonoNs: 1n, streamId: 1n },
  clock(1),
  {
    kind: 'pause',
    pause: { fromNs: 1, toNs: 2, cause: 'late-wake', missedSlots: 0, runDelayNs: 0, stealNs: -1, cpu: 0 },
  },
  clock(2),
];

function encoded(): Uint8Array {
  const encoder = new FrameEncoder(HELPER.prober);
  return Buffer.concat(events.map((event) => encoder.encode(event)));
}
const decoded = (bytes: Uint8Array): EngineEvent[] => [...new FrameDecoder().push(bytes)];

test('records of one type are left out, and no reader misses a block', () => {
  const whole = encoded();
  const less = withoutRecords(whole, CLOCK_LAYOUT.type);
  assert.ok(less.length < whole.length);
  assert.deepEqual(
    decoded(less).map(({ kind }) => kind),
    ['start', 'pause'],
  );
  assert.deepEqual(
    decoded(withoutRecords(whole, PAUSE_LAYOUT.type)).map(({ kind }) => kind),
    ['start', 'clock', 'clock'],
  );
});

test('where there are none of them, nothing is copied', () => {
  const whole = encoded();
  assert.equal(withoutRecords(whole, 65_000), whole);
});
