import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPcap, echo, tcp } from './build-pcap.js';
import { type Exchange, pairExchanges, wireRttNs } from './exchange.js';
import { readPcap } from './pcap-file.js';
import { probePackets } from './probe-packet.js';

/** Packets a microsecond apart; index i is stamped i microseconds. */
function exchangesOf(packets: readonly (readonly number[])[]): Exchange[] {
  const style = { littleEndian: true, nanoseconds: true, linkType: 101 };
  const file = buildPcap(
    style,
    packets.map((bytes, index) => ({ at: [0, index * 1_000], bytes })),
  );
  return pairExchanges(probePackets(readPcap(file)));
}

const rtts = (exchanges: readonly Exchange[]): (number | undefined)[] => exchanges.map(({ rttNs }) => rttNs);

test('echo replies find their requests by identifier and sequence number, in any order', () => {
  const exchanges = exchangesOf([
    echo('request', 1, 7),
    echo('request', 1, 8),
    echo('request', 2, 7),
    echo('reply', 1, 8),
    echo('reply', 2, 7),
    echo('reply', 1, 7),
  ]);
  assert.deepEqual(
    exchanges.map(({ from, seq }) => [from, seq]),
    [
      [1, 7],
      [1, 8],
      [2, 7],
    ],
  );
  assert.deepEqual(rtts(exchanges), [5_000, 2_000, 2_000]);
});

test('a SYN is answered by the SYN-ACK or RST that acknowledges one more, also across the wrap', () => {
  const exchanges = exchangesOf([
    tcp('SYN', 2_000, { seq: 100 }),
    tcp('SYN', 2_001, { seq: 0xffff_ffff }),
    tcp('SYN', 2_000, { seq: 116 }),
    tcp('SYN-ACK', 2_000, { seq: 5, ack: 101 }),
    tcp('RST-ACK', 2_001, { ack: 0 }),
    tcp('RST-ACK', 2_000, { ack: 117 }),
  ]);
  assert.deepEqual(
    exchanges.map(({ from, seq }) => [from, seq]),
    [
      [2_000, 100],
      [2_001, 0xffff_ffff],
      [2_000, 116],
    ],
  );
  assert.deepEqual(rtts(exchanges), [3_000, 3_000, 3_000]);
});

test('a bare ACK, another number and a repeated answer change nothing', () => {
  const exchanges = exchangesOf([
    tcp('SYN', 2_000, { seq: 100 }),
    tcp('ACK', 2_000, { ack: 101 }),
    tcp('RST-ACK', 2_000, { ack: 102 }),
    tcp('RST-ACK', 2_000, { ack: 101 }),
    tcp('RST-ACK', 2_000, { ack: 101 }),
    tcp('SYN', 2_000, { seq: 116 }),
  ]);
  assert.deepEqual(rtts(exchanges), [3_000, undefined]);
});

test('an answer to a key that was used again belongs to the latest use', () => {
  const exchanges = exchangesOf([echo('request', 1, 7), echo('request', 1, 7), echo('reply', 1, 7)]);
  assert.deepEqual(rtts(exchanges), [undefined, 1_000]);
});

test('the round-trip time by the wire counts from the far end of the link', () => {
  const [near] = exchangesOf([echo('request', 1, 7), echo('reply', 1, 7)]);
  assert.ok(near);
  const far: Exchange = { ...near, sentRealNs: near.sentRealNs + 300n, rttNs: 100 };
  assert.equal(wireRttNs(near, far), 700);
  assert.equal(wireRttNs(near, undefined), undefined);
  assert.equal(wireRttNs({ ...near, rttNs: undefined }, far), undefined);
});
