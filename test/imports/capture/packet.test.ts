import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressText } from '../../../src/imports/capture/exchange/path-table.js';
import { Packet, PacketKinds } from '../../../src/imports/capture/packet/packet.js';
import { BACK, complaint, echo, ethernet, four, ip, OUT, rst, syn, synAck, tcp, two, vlan } from './build-packet.js';

const KIND_NAMES = Object.fromEntries(Object.entries(PacketKinds).map(([name, code]) => [code, name]));

function read(bytes: readonly number[], linkType = 1): Packet {
  const packet = new Packet();
  packet.read(Uint8Array.from(bytes), 0, bytes.length, linkType);
  return packet;
}

const says = (packet: Packet): string =>
  `${KIND_NAMES[packet.kind]} ${addressText(packet.source)}:${packet.sourcePort}>${addressText(packet.destination)}:${packet.destinationPort}`;

const PROBE = syn(20_001, 5_000);
const AS_PROBE = 'syn 10.0.0.1:20001>10.0.0.7:443';
const SIX = {
  from: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1],
  to: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 2],
};
const SEGMENT = tcp({ flags: 'SYN', ports: [20_001, 443], seq: 5_000 });

const LINKS: readonly [title: string, bytes: readonly number[], linkType: number][] = [
  ['Ethernet', ethernet(PROBE), 1],
  ['a VLAN tag', ethernet(vlan(PROBE), 0x8100), 1],
  ['two VLAN tags', ethernet(vlan(vlan(PROBE), 0x8100), 0x88a8), 1],
  ['MPLS', ethernet([0, 1, 0x01, 64, ...PROBE], 0x8847), 1],
  ['PPPoE', ethernet([0x11, 0, 0, 1, ...two(PROBE.length + 2), 0, 0x21, ...PROBE], 0x8864), 1],
  ['raw IP', PROBE, 101],
  ['raw IP of BSD', PROBE, 12],
  ['IPv4', PROBE, 228],
  ['BSD loopback, either byte order', [2, 0, 0, 0, ...PROBE], 0],
  ['OpenBSD loopback', [0, 0, 0, 2, ...PROBE], 108],
  ['Linux cooked', [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, ...PROBE], 113],
  ['Linux cooked, version 2', [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...PROBE], 276],
  ['IPIP', ethernet(ip({ from: [192, 0, 2, 1], to: [192, 0, 2, 2] }, 4, PROBE)), 1],
  ['GRE', ethernet(ip({ from: [192, 0, 2, 1], to: [192, 0, 2, 2] }, 47, [0x20, 0, 8, 0, 0, 0, 0, 1, ...PROBE])), 1],
  [
    'VXLAN',
    ethernet(
      ip({ from: [192, 0, 2, 1], to: [192, 0, 2, 2] }, 17, [
        ...[...two(40_000), ...two(4_789), 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0],
        ...ethernet(PROBE),
      ]),
    ),
    1,
  ],
];

describe('a captured packet', () => {
  for (const [title, bytes, linkType] of LINKS) {
    it(`is found behind ${title}`, () => {
      assert.equal(says(read(bytes, linkType)), AS_PROBE);
    });
  }

  it('is found in IPv6, behind extension headers too', () => {
    const expected = 'syn 2001:db8::1:20001>2001:db8::2:443';
    assert.equal(says(read(ethernet(ip(SIX, 6, SEGMENT), 0x86dd))), expected);
    const options = [6, 0, 1, 4, 0, 0, 0, 0];
    assert.equal(says(read(ethernet(ip(SIX, 0, [...options, ...SEGMENT]), 0x86dd))), expected);
  });

  const KINDS: readonly [title: string, bytes: readonly number[], kind: string, number: number][] = [
    ['a SYN has its sequence number', PROBE, 'syn', 5_000],
    ['a SYN-ACK answers the number before the acknowledged one', synAck(20_001, 5_000), 'synAck', 5_000],
    ['so does a RST with ACK', rst(20_001, 5_000), 'rstAck', 5_000],
    ['a number at its end wraps', synAck(20_001, 0xffff_ffff), 'synAck', -1],
    ['an echo has identifier and number', echo('request', 7, 9), 'echoRequest', (7 << 16) | 9],
    ['and its reply the same', echo('reply', 7, 9), 'echoReply', (7 << 16) | 9],
  ];
  for (const [title, bytes, kind, number] of KINDS) {
    it(title, () => {
      const packet = read(ethernet(bytes));
      const isProbe = packet.kind === PacketKinds.syn || packet.kind === PacketKinds.echoRequest;
      assert.deepEqual([KIND_NAMES[packet.kind], isProbe ? packet.number : packet.answers], [kind, number]);
    });
  }

  it('an ICMP error is about the packet that it quotes', () => {
    const packet = read(ethernet(complaint(3, 1, PROBE)));
    assert.equal(says(packet), 'icmpError 10.0.0.1:20001>10.0.0.7:443');
    assert.deepEqual([packet.number, packet.icmpType, packet.icmpCode], [5_000, 3, 1]);
    assert.equal(says(read(ethernet(complaint(11, 0, echo('request', 7, 9))))), 'icmpError 10.0.0.1:0>10.0.0.7:0');
  });

  it('has the time stamps of its TCP options', () => {
    assert.equal(read(ethernet(syn(20_001, 1, 1_234))).stamp, 1_234);
    assert.equal(read(ethernet(synAck(20_001, 1, 1_234))).stampEcho, 1_234);
  });

  const OTHERS: readonly [title: string, bytes: readonly number[]][] = [
    ['data', ip(OUT, 6, tcp({ flags: 'ACK', ports: [20_001, 443] }))],
    ['the end of a connection', ip(BACK, 6, tcp({ flags: 'FIN', ports: [443, 20_001] }))],
    ['UDP', ip(OUT, 17, [...two(5_000), ...two(53), 0, 8, 0, 0])],
    ['a later fragment', ip(OUT, 6, SEGMENT, { fragment: 185 })],
    ['ARP', [0, 1, 8, 0]],
    ['a header that is cut off', PROBE.slice(0, 30)],
    ['an IP version that is none', [0x75, ...PROBE.slice(1)]],
    ['nothing', []],
    ['an endless chain of tunnels', Array.from({ length: 9 }).reduce<number[]>((inner) => ip(OUT, 4, inner), PROBE)],
  ];
  for (const [title, bytes] of OTHERS) {
    it(`is none of ours: ${title}`, () => {
      assert.equal(read(ethernet(bytes, title === 'ARP' ? 0x0806 : 0x0800)).kind, PacketKinds.other);
    });
  }

  it('keeps nothing of the one before', () => {
    const packet = new Packet();
    const first = Uint8Array.from(ethernet(PROBE));
    packet.read(first, 0, first.length, 1);
    packet.read(Uint8Array.from(four(0)), 0, 4, 1);
    assert.equal(packet.kind, PacketKinds.other);
  });
});
