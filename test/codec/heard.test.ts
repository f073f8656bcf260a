import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeRecords } from '../../src/codec/decode-records.js';
import { HEARD_LAYOUT } from '../../src/codec/frames.gen.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { Heard } from '../../src/model/heard.js';

/** A packet as the helper writes it: an echo has its identifier and number where a SYN has its ports. */
function heard(protocol: number): Heard {
  const view = new DataView(new ArrayBuffer(HEARD_LAYOUT.bytes));
  view.setUint8(HEARD_LAYOUT.family, 4);
  view.setUint8(HEARD_LAYOUT.protocol, protocol);
  for (const [i, byte] of [10, 0, 0, 1].entries()) view.setUint8(HEARD_LAYOUT.source + i, byte);
  for (const [i, byte] of [10, 0, 0, 2].entries()) view.setUint8(HEARD_LAYOUT.target + i, byte);
  view.setUint16(HEARD_LAYOUT.sourcePort, 18_432, true);
  view.setUint16(HEARD_LAYOUT.targetPort, 9_876, true);
  const events: EngineEvent[] = [];
  decodeRecords(HEARD_LAYOUT.type, view, HEARD_LAYOUT.bytes, 1, events, (why) => assert.fail(why));
  const [event] = events;
  assert.ok(event?.kind === 'heard');
  return event.heard[0] as Heard;
}

describe('a packet that was heard', () => {
  test('is of one flow with all echoes from there, whatever their numbers', () => {
    const { protocol, source, target, sourcePort, targetPort } = heard(0);
    assert.deepEqual([protocol, source, target, sourcePort, targetPort], ['icmp', '10.0.0.1', '10.0.0.2', 0, 0]);
  });

  test('has the ports of a SYN', () => {
    const { protocol, sourcePort, targetPort } = heard(1);
    assert.deepEqual([protocol, sourcePort, targetPort], ['syn', 18_432, 9_876]);
  });
});
