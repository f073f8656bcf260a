import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DataWaits } from '../../src/imports/capture/exchange/data-waits.js';
import { PathTable } from '../../src/imports/capture/exchange/path-table.js';
import { Packet } from '../../src/imports/capture/packet/packet.js';
import type { TcpWait } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';

const RAW_IP = 101;
const ACK = 0x10;
const SYN = 0x02;

interface Segment {
  readonly at: number;
  readonly from: 'client' | 'server';
  readonly seq: number;
  readonly ack: number;
  readonly bytes?: number;
  readonly window?: number;
  /** It is a SYN. */
  readonly opens?: boolean;
}

function packetOf({ from, seq, ack, bytes = 0, window = 500 }: Segment, flags = ACK): Buffer {
  const packet = Buffer.alloc(40 + bytes);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(6, 9);
  const [client, server] = [
    [10, 0, 0, 1],
    [10, 0, 0, 7],
  ] as const;
  packet.set(from === 'client' ? client : server, 12);
  packet.set(from === 'client' ? server : client, 16);
  packet.writeUInt16BE(from === 'client' ? 40_000 : 80, 20);
  packet.writeUInt16BE(from === 'client' ? 80 : 40_000, 22);
  packet.writeUInt32BE(seq >>> 0, 24);
  packet.writeUInt32BE(ack >>> 0, 28);
  packet.writeUInt8(0x50, 32);
  packet.writeUInt8(flags, 33);
  packet.writeUInt16BE(window, 34);
  return packet;
}

function waitsIn(segments: readonly Segment[]): string[] {
  const table = new PathTable(() => true);
  const found: TcpWait[] = [];
  const waits = new DataWaits(table, (wait) => found.push(wait));
  const packet = new Packet();
  packet.readsData = true;
  packet.read(packetOf({ at: 0, from: 'client', seq: 99, ack: 0 }, 0x02), 0, 40, RAW_IP);
  table.ofProbe(packet);
  for (const segment of segments) {
    const bytes = packetOf(segment, segment.opens === true ? SYN : ACK);
    packet.read(bytes, 0, bytes.length, RAW_IP);
    if (segment.opens === true) waits.opened(packet);
    else waits.take(packet, segment.at * MS);
  }
  waits.finish();
  return found.map(({ reason, durationNs }) => `${reason} ${durationNs / MS}`);
}

/** Two small writes and then a read: the second write is held until the first is acknowledged, each time. */
function writeWriteRead(rounds: number, delayMs: number): Segment[] {
  return Array.from({ length: rounds }, (_, i): Segment[] => {
    const at = i * 500;
    const [seq, back] = [100 + i * 30, 1_000 + i * 10];
    return [
      { at, from: 'client', seq, ack: back, bytes: 10 },
      { at: at + delayMs, from: 'server', seq: back, ack: seq + 10 },
      { at: at + delayMs + 0.3, from: 'client', seq: seq + 10, ack: back, bytes: 20 },
      { at: at + delayMs + 1, from: 'server', seq: back, ack: seq + 30, bytes: 10 },
      { at: at + delayMs + 1.2, from: 'client', seq: seq + 30, ack: back + 10 },
    ];
  }).flat();
}

suite('data behind the handshake', () => {
  test('40 ms and 200 ms of delayed acknowledgement that the sender waits for, from the second on', () => {
    assert.deepEqual(waitsIn(writeWriteRead(3, 40)), ['delayed-ack 40', 'delayed-ack 40']);
    assert.deepEqual(waitsIn(writeWriteRead(3, 200)), ['delayed-ack 200', 'delayed-ack 200']);
  });

  test('a server that takes 40 ms answers with data: no timer', () => {
    const segments = Array.from({ length: 4 }, (_, i): Segment[] => [
      { at: i * 500, from: 'client', seq: 100 + 10 * i, ack: 1_000 + 10 * i, bytes: 10 },
      { at: i * 500 + 40, from: 'server', seq: 1_000 + 10 * i, ack: 110 + 10 * i, bytes: 10 },
      { at: i * 500 + 40.2, from: 'client', seq: 110 + 10 * i, ack: 1_010 + 10 * i },
    ]).flat();
    assert.deepEqual(waitsIn(segments), []);
  });

  test('a late acknowledgement that nobody waits for says nothing: other lengths, or no data behind it', () => {
    assert.deepEqual(waitsIn(writeWriteRead(3, 90)), []);
    const quiet = writeWriteRead(3, 40).map((one) => (one.bytes === 20 ? { ...one, at: one.at + 30 } : one));
    assert.deepEqual(waitsIn(quiet.sort((a, b) => a.at - b.at)), []);
  });

  test('a window of zero lasts until it opens', () => {
    const of = (openMs: number): string[] =>
      waitsIn([
        { at: 0, from: 'client', seq: 100, ack: 1_000, bytes: 10 },
        { at: 1, from: 'server', seq: 1_000, ack: 110, window: 0 },
        { at: 1 + openMs, from: 'server', seq: 1_000, ack: 110, window: 300 },
      ]);
    assert.deepEqual([of(150), of(4)], [['zero-window 150'], []]);
  });

  test('a window that never opens was closed as long as it was asked about, and no longer', () => {
    const closed: Segment[] = [
      { at: 0, from: 'client', seq: 100, ack: 1_000, bytes: 10 },
      { at: 1, from: 'server', seq: 1_000, ack: 110, window: 0 },
      { at: 601, from: 'client', seq: 109, ack: 1_000 },
    ];
    assert.deepEqual(waitsIn(closed), ['zero-window 600']);
    // The same ports a minute later.
    assert.deepEqual(
      waitsIn([
        ...closed,
        { at: 60_000, from: 'client', seq: 9_000, ack: 0, opens: true },
        { at: 60_001, from: 'server', seq: 5_000, ack: 9_001, window: 300, bytes: 4 },
      ]),
      ['zero-window 600'],
    );
  });

  test('a segment that is sent again: by a time-out it waited, at once it did not; a keepalive of one byte is none', () => {
    const again = (afterMs: number, bytes = 10): string[] =>
      waitsIn([
        { at: 0, from: 'client', seq: 100, ack: 1_000, bytes },
        { at: afterMs, from: 'client', seq: 100, ack: 1_000, bytes },
      ]);
    assert.deepEqual([again(204), again(12), again(400, 1)], [['retransmission-timeout 204'], [], []]);
  });

  test('sequence numbers wrap', () => {
    const wrapped = writeWriteRead(3, 40).map((one) => ({
      ...one,
      seq: one.from === 'client' ? one.seq - 120 : one.seq,
      ack: one.from === 'server' ? one.ack - 120 : one.ack,
    }));
    assert.equal(waitsIn(wrapped).length, 2);
  });
});
