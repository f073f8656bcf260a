import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packedText } from '../../../src/imports/capture/exchange/path-table.js';
import { Packet, PacketKinds } from '../../../src/imports/capture/packet/packet.js';
import { UNREAD } from '../../../src/imports/capture/packet/unread.js';
import { BACK, complaint, echo, ethernet, four, ip, OUT, rst, syn, synAck, tcp, two, vlan } from './build-packet.js';

const KIND_NAMES = Object.fromEntries(Object.entries(PacketKinds).map(([name, code]) => [code, name]));

function read(bytes: readonly number[], linkType = 1): Packet {
  const packet = new Packet();
  packet.read(Uint8Array.from(bytes), 0, bytes.length, linkType);
  return packet;
}

const says = (packet: Packet): string =>
  `${KIND_NAMES[packet.kind]} ${packedText(packet.source)}:${packet.sourcePort}>${packedText(packet.destination)}:${packet.destinationPort}`;

const PROBE = syn(20_001, 5_000);
const AS_PROBE = 'syn 10.0.0.1:20001>10.0.0.7:443';
const SIX = {
  from: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1],
  to: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 2],
};
const SEGMENT = tcp({ flags: 'SYN', ports: [20_001, 443], seq: 5_000 });

const OUTER = { from: [192, 0, 2, 1], to: [192, 0, 2, 2] };
/** In UDP, to the port of a tunnel. */
const udp = (port: number, body: readonly number[], from = 40_000): number[] =>
  ethernet(ip(OUTER, 17, [...two(from), ...two(port), ...two(8 + body.length), 0, 0, ...body]));
const gre = (body: readonly number[]): number[] => ethernet(ip(OUTER, 47, body));
const LLC = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
const WIFI = [0x08, 0x01, 0, 0, ...new Array<number>(18).fill(2), 0, 0, ...LLC];
const QOS_WIFI = [0x88, 0x01, 0, 0, ...new Array<number>(18).fill(2), 0, 0, 0, 0, ...LLC];

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
  ['VXLAN at a port of its own', udp(12_345, [8, 0, 0, 0, 0, 0, 1, 0, ...ethernet(PROBE)]), 1],
  ['VXLAN-GPE with IP', udp(4_790, [0x0c, 0, 0, 1, 0, 0, 1, 0, ...PROBE]), 1],
  ['VXLAN-GPE with Ethernet', udp(4_790, [0x0c, 0, 0, 3, 0, 0, 1, 0, ...ethernet(PROBE)]), 1],
  [
    'Geneve with options',
    udp(6_081, [2, 0, 0x65, 0x58, 0, 0, 1, 0, ...new Array<number>(8).fill(1), ...ethernet(PROBE)]),
    1,
  ],
  ['Geneve with IP', udp(6_081, [0, 0, 8, 0, 0, 0, 1, 0, ...PROBE]), 1],
  ['GTP-U', udp(2_152, [0x30, 255, ...two(PROBE.length), 0, 0, 0, 1, ...PROBE]), 1],
  ['GTP-U with an extension header', udp(2_152, [0x34, 255, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0, ...PROBE]), 1],
  ['L2TP', udp(1_701, [0x40, 2, 0, 0, 0, 1, 0, 1, 0xff, 3, 0, 0x21, ...PROBE]), 1],
  ['GUE', udp(6_080, [0, 4, 0, 0, ...PROBE]), 1],
  ['MPLS in UDP', udp(6_635, [0, 1, 1, 64, ...PROBE]), 1],
  ['Ethernet in GRE', gre([0x20, 0, 0x65, 0x58, 0, 0, 0, 1, ...ethernet(PROBE)]), 1],
  ['ERSPAN I', gre([0, 0, 0x88, 0xbe, ...ethernet(PROBE)]), 1],
  ['ERSPAN II', gre([0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0, ...ethernet(PROBE)]), 1],
  ['ERSPAN III', gre([0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, ...new Array<number>(11).fill(0), ...ethernet(PROBE)]), 1],
  [
    'ERSPAN III with a subheader',
    gre([
      0x10,
      0,
      0x22,
      0xeb,
      0,
      0,
      0,
      1,
      0x20,
      ...new Array<number>(10).fill(0),
      1,
      ...new Array<number>(8).fill(0),
      ...ethernet(PROBE),
    ]),
    1,
  ],
  ['PPTP', gre([0x30, 0x81, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 3, 0, 0x21, ...PROBE]), 1],
  ['MPLS in GRE', gre([0, 0, 0x88, 0x47, 0, 1, 1, 64, ...PROBE]), 1],
  ['an authentication header', ethernet(ip(OUT, 51, [6, 4, 0, 0, ...new Array<number>(20).fill(0), ...SEGMENT])), 1],
  ['EtherIP', ethernet(ip(OUTER, 97, [0x30, 0, ...ethernet(PROBE)])), 1],
  ['a pseudowire with its control word', ethernet([0, 1, 1, 64, 0, 0, 0, 0, ...ethernet(PROBE)], 0x8847), 1],
  ['802.1ah', ethernet([0, 0, 0, 1, ...ethernet(PROBE)], 0x88e7), 1],
  ['PPPoE with a short protocol field', ethernet([0x11, 0, 0, 1, ...two(PROBE.length + 1), 0x21, ...PROBE], 0x8864), 1],
  ['PPP', [0xff, 3, 0, 0x21, ...PROBE], 9],
  ['PPP without address and control', [0x21, ...PROBE], 9],
  ["Cisco's HDLC", [0x0f, 0, 8, 0, ...PROBE], 104],
  ['PPPoE alone', [0x11, 0, 0, 1, ...two(PROBE.length + 2), 0, 0x21, ...PROBE], 51],
  ['802.11', [...WIFI, ...PROBE], 105],
  ['radiotap', [0, 0, 8, 0, 0, 0, 0, 0, ...WIFI, ...PROBE], 127],
  ['radiotap with QoS', [0, 0, 10, 0, 0, 0, 0, 0, 9, 9, ...QOS_WIFI, ...PROBE], 127],
  ['NFLOG', [2, 0, 0, 1, 8, 0, 1, 0, 0, 0, 0, 0, ...[(4 + PROBE.length) & 255, 0, 9, 0], ...PROBE], 239],
  ['PKTAP', [12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, ...ethernet(PROBE)], 258],
  ['PFLOG', [61, 2, 0, 0, ...new Array<number>(60).fill(0), ...PROBE], 117],
  ['enc of OpenBSD', [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, ...PROBE], 109],
];

/** In what a probe may be that nobody can look into, by its name. */
const HIDDEN: readonly [title: string, bytes: readonly number[], linkType: number][] = [
  ['ESP', ethernet(ip(OUTER, 50, new Array<number>(40).fill(9))), 1],
  ['ESP', udp(4_500, new Array<number>(40).fill(9)), 1],
  ['WireGuard', udp(51_820, [4, 0, 0, 0, ...new Array<number>(44).fill(9)]), 1],
  ['MACsec', ethernet([0x0c, 0, 0, 0, 0, 1, ...new Array<number>(40).fill(9)], 0x88e5), 1],
  ['802.11 frames that are encrypted', [0x08, 0x41, ...WIFI.slice(2), ...PROBE], 105],
  ['GRE or Geneve', gre([0, 0, 0x12, 0x34, ...PROBE]), 1],
  ['CAPWAP', udp(5_247, new Array<number>(40).fill(9)), 1],
];

describe('a captured packet', () => {
  for (const [title, bytes, linkType] of LINKS) {
    it(`is found behind ${title}`, () => {
      assert.equal(says(read(bytes, linkType)), AS_PROBE);
    });
  }

  for (const [name, bytes, linkType] of HIDDEN) {
    it(`is not looked for in ${name}, which is told`, () => {
      const packet = read(bytes, linkType);
      assert.equal(packet.kind, PacketKinds.other);
      assert.match(UNREAD[packet.unread] ?? '', new RegExp(name));
    });
  }

  it('that is nothing of ours hides nothing', () => {
    for (const bytes of [
      udp(53, new Array<number>(40).fill(9)),
      ethernet([0, 1, 8, 0], 0x0806),
      gre([0, 0, 0x20, 1, 0, 0]),
    ]) {
      assert.equal(read(bytes).unread, -1);
    }
  });

  it('has the length of its data by the IP header, not by padding', () => {
    const withData = ip(OUT, 6, [...SEGMENT, 1, 2, 3]);
    assert.equal(read([...ethernet(withData), 0, 0, 0, 0]).dataBytes, 3);
    assert.equal(read(ethernet(PROBE)).dataBytes, 0);
  });

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
