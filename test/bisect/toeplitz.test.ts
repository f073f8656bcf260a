import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_RSS_KEY, evenTable, queueByRss, toeplitzHash } from '../../src/bisect/paths/toeplitz.js';
import { addressBytes } from '../../src/model/ip-address.js';

/** From, port, to, port; hash of addresses, hash of addresses and ports. As published by Microsoft. */
const VECTORS: [string, number, string, number, number, number][] = [
  ['66.9.149.187', 2794, '161.142.100.80', 1766, 0x323e8fc2, 0x51ccc178],
  ['199.92.111.2', 14230, '65.69.140.83', 4739, 0xd718262a, 0xc626b0ea],
  ['24.19.198.95', 12898, '12.22.207.184', 38024, 0xd2d0a5de, 0x5c2b394a],
  ['38.27.205.30', 48228, '209.142.163.6', 2217, 0x82989176, 0xafc7327f],
  ['153.39.163.191', 44251, '202.188.127.2', 1303, 0x5d1809c5, 0x10e828a2],
  ['3ffe:2501:200:1fff::7', 2794, '3ffe:2501:200:3::1', 1766, 0x2cc18cd5, 0x40207d3d],
  ['3ffe:501:8::260:97ff:fe40:efab', 14230, 'ff02::1', 4739, 0x0f0c461c, 0xdde51bbf],
  ['3ffe:1900:4545:3:200:f8ff:fe21:67cf', 44251, 'fe80::200:f8ff:fe21:67cf', 38024, 0x4b61e985, 0x02d1feef],
];

suite('the hash of receive-side scaling', () => {
  for (const [from, fromPort, to, toPort, byAddresses, byPorts] of VECTORS)
    test(`${from}:${fromPort} to ${to}:${toPort}`, () => {
      assert.equal(toeplitzHash({ from, to }).toString(16), byAddresses.toString(16));
      assert.equal(
        toeplitzHash({ from, to, ports: { from: fromPort, to: toPort } }).toString(16),
        byPorts.toString(16),
      );
    });

  test('the low bits of the hash choose an entry of the indirection table', () => {
    const packet = { from: '66.9.149.187', to: '161.142.100.80', ports: { from: 2794, to: 1766 } };
    const settings = { key: DEFAULT_RSS_KEY, table: evenTable(6) };
    assert.equal(queueByRss(packet, settings), (0x51ccc178 % 128) % 6);
  });

  test('a key that is too short is refused', () => {
    assert.throws(() => toeplitzHash({ from: '1.2.3.4', to: '1.2.3.5' }, [1, 2, 3]), RangeError);
  });

  for (const text of ['1.2.3', '1.2.3.256', '1:2', '1::2::3', 'g::1', ''])
    test(`"${text}" is no address`, () => assert.throws(() => addressBytes(text), RangeError));

  test('IPv6 with an IPv4 tail', () => {
    assert.deepEqual([...addressBytes('::ffff:1.2.3.4').slice(10)], [0xff, 0xff, 1, 2, 3, 4]);
  });
});
