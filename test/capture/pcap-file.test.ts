import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPcap, echo, inCooked, inCooked2, inEthernet } from './build-pcap.js';
import { readPcap } from './pcap-file.js';
import { probePackets } from './probe-packet.js';

const ETHERNET = 1;
const SECOND = 1_795_310_073;

for (const littleEndian of [true, false]) {
  for (const nanoseconds of [true, false]) {
    const title = `${littleEndian ? 'little' : 'big'} endian, ${nanoseconds ? 'nano' : 'micro'}seconds`;
    test(`${title}: stamps come out in nanoseconds`, () => {
      const file = buildPcap({ littleEndian, nanoseconds, linkType: ETHERNET }, [
        { at: [SECOND, 411_234], bytes: inEthernet(echo('request', 7, 1)) },
        { at: [SECOND, 999_999], bytes: inEthernet(echo('reply', 7, 1)) },
      ]);
      const { linkType, packets } = readPcap(file);
      assert.equal(linkType, ETHERNET);
      const fraction = nanoseconds ? [411_234n, 999_999n] : [411_234_000n, 999_999_000n];
      assert.deepEqual(
        packets.map((packet) => packet.realNs),
        fraction.map((ns) => 1_795_310_073_000_000_000n + ns),
      );
    });
  }
}

const LINKS = [
  ['Ethernet', ETHERNET, inEthernet],
  ['raw IP', 101, (packet: readonly number[]) => [...packet]],
  ['Linux cooked', 113, inCooked],
  ['Linux cooked, version 2', 276, inCooked2],
] as const;

for (const [name, linkType, wrap] of LINKS) {
  test(`${name}: the echo request is found behind the link layer`, () => {
    const style = { littleEndian: true, nanoseconds: true, linkType };
    const file = buildPcap(style, [{ at: [1, 5], bytes: wrap(echo('request', 513, 40_000)) }]);
    assert.deepEqual(probePackets(readPcap(file)), [
      {
        realNs: 1_000_000_005n,
        source: '172.16.99.10',
        destination: '172.16.47.27',
        kind: 'echo-request',
        id: 513,
        seq: 40_000,
      },
    ]);
  });
}

test('what is no IPv4 is passed over', () => {
  const file = buildPcap({ littleEndian: true, nanoseconds: true, linkType: ETHERNET }, [
    { at: [1, 5], bytes: inEthernet(echo('request', 1, 1), 0x0806) },
    { at: [1, 6], bytes: [1, 2, 3] },
  ]);
  assert.deepEqual(probePackets(readPcap(file)), []);
});

test('a record that was cut off is left out', () => {
  const style = { littleEndian: true, nanoseconds: true, linkType: ETHERNET };
  const bytes = inEthernet(echo('request', 1, 1));
  const file = buildPcap(style, [
    { at: [1, 5], bytes },
    { at: [1, 6], bytes },
  ]);
  assert.equal(readPcap(file.subarray(0, file.length - 1)).packets.length, 1);
});

test('another file is refused with what it begins with', () => {
  assert.throws(() => readPcap(new Uint8Array(24).fill(0x0a)), /no pcap file: it begins with a0a0a0a/);
  assert.throws(() => readPcap(new Uint8Array(3)), /3 bytes/);
});
