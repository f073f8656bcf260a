export interface PcapStyle {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly linkType: number;
}

/** A pcap file with the given packets, stamped `[seconds, ticks]`. */
export function buildPcap(
  style: PcapStyle,
  packets: readonly { readonly at: readonly [number, number]; readonly bytes: readonly number[] }[],
): Uint8Array {
  const file = new Uint8Array(24 + packets.reduce((sum, { bytes }) => sum + 16 + bytes.length, 0));
  const view = new DataView(file.buffer);
  view.setUint32(0, style.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, style.littleEndian);
  view.setUint16(4, 2, style.littleEndian);
  view.setUint16(6, 4, style.littleEndian);
  view.setUint32(16, 96, style.littleEndian);
  view.setUint32(20, style.linkType, style.littleEndian);
  let at = 24;
  for (const packet of packets) {
    const words = [...packet.at, packet.bytes.length, packet.bytes.length];
    for (const [index, word] of words.entries()) view.setUint32(at + 4 * index, word, style.littleEndian);
    file.set(packet.bytes, at + 16);
    at += 16 + packet.bytes.length;
  }
  return file;
}

const SHELL = [172, 16, 99, 10];
const BAD = [172, 16, 47, 27];

const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

const ip = (protocol: number, out: boolean, body: readonly number[]): number[] => [
  ...[0x45, 0, ...u16(20 + body.length), 0, 1, 0x40, 0, 64, protocol, 0, 0],
  ...(out ? [...SHELL, ...BAD] : [...BAD, ...SHELL]),
  ...body,
];

/** An echo request of 172.16.99.10 to 172.16.47.27, or the reply to it. */
export const echo = (kind: 'request' | 'reply', id: number, seq: number): number[] =>
  ip(1, kind === 'request', [kind === 'request' ? 8 : 0, 0, 0, 0, ...u16(id), ...u16(seq)]);

/** TCP from 172.16.99.10, source port `port`, to port 9876 of 172.16.47.27, or back. */
export const tcp = (
  flags: 'SYN' | 'SYN-ACK' | 'RST-ACK' | 'ACK',
  port: number,
  number: { readonly seq?: number; readonly ack?: number },
): number[] => {
  const out = flags === 'SYN';
  const bits = { SYN: 0x02, 'SYN-ACK': 0x12, 'RST-ACK': 0x14, ACK: 0x10 }[flags];
  const ports = out ? [...u16(port), ...u16(9876)] : [...u16(9876), ...u16(port)];
  return ip(6, out, [...ports, ...u32(number.seq ?? 0), ...u32(number.ack ?? 0), 0x50, bits, 0, 0, 0, 0, 0, 0]);
};

const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
export const inEthernet = (packet: readonly number[], type = 0x0800): number[] => [...MACS, ...u16(type), ...packet];
export const inCooked = (packet: readonly number[]): number[] => [
  ...[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0],
  ...packet,
];
export const inCooked2 = (packet: readonly number[]): number[] => [
  ...[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0],
  ...packet,
];
