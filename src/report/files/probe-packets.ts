import type { PacketProtocol } from '../../model/protocol.js';
import type { Reply } from '../../model/sample.js';

/** A probe as far as samples and hello know it. */
export interface SynthesisedProbe {
  readonly path: string;
  readonly protocol: PacketProtocol;
  readonly source: string;
  readonly target: string;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly icmpId: number;
  readonly seq: number;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMP6 = 58;
const FLAGS = { syn: 0x02, rst: 0x04, synAck: 0x12, ack: 0x10, rstAck: 0x14 } as const;
const OUR_TTL = 64;
/** Each SYN of a flow is 16 above the one before it, as the prober numbers them. */
const SEQ_STEP = 16;
/** What an ICMP error repeats of the packet it is about (RFC 792: the header and 64 bits). */
const REPEATED_BYTES = 28;

export function probePacket(probe: SynthesisedProbe): Uint8Array {
  const { source, target, protocol } = probe;
  switch (protocol) {
    case 'icmp':
      return ip(source, target, icmpOf(target), OUR_TTL, echo(probe, target.includes(':') ? 128 : 8));
    case 'syn':
      return ip(source, target, TCP, OUR_TTL, tcp(probe, false, isn(probe), 0, FLAGS.syn));
    case 'ack':
      return ip(source, target, TCP, OUR_TTL, tcp(probe, false, 0, isn(probe), FLAGS.ack));
    case 'udp':
      return ip(source, target, UDP, OUR_TTL, udp(probe, false));
  }
}

export function replyPacket(probe: SynthesisedProbe, reply: Reply, ttl: number): Uint8Array {
  const { source, target, protocol } = probe;
  if (protocol === 'icmp') return ip(target, source, icmpOf(target), ttl, echo(probe, target.includes(':') ? 129 : 0));
  if (protocol === 'udp') return ip(target, source, UDP, ttl, udp(probe, true));
  if (protocol === 'ack') return ip(target, source, TCP, ttl, tcp(probe, true, isn(probe), 0, FLAGS.rst));
  const flags = reply === 'syn-ack' ? FLAGS.synAck : FLAGS.rstAck;
  return ip(target, source, TCP, ttl, tcp(probe, true, 0, (isn(probe) + 1) >>> 0, flags));
}

/** An ICMP error about the probe; samples do not say which router sent it, so it comes from the target. */
export function errorAbout(
  probe: SynthesisedProbe,
  { type, code, ttl }: { readonly type: number; readonly code: number; readonly ttl: number },
): Uint8Array {
  const about = probePacket(probe);
  const message = Buffer.concat([
    Buffer.alloc(8),
    about.subarray(0, REPEATED_BYTES + (probe.target.includes(':') ? 20 : 0)),
  ]);
  message.writeUInt8(type, 0);
  message.writeUInt8(code, 1);
  return ip(probe.target, probe.source, icmpOf(probe.target), ttl, message);
}

function isn({ seq }: SynthesisedProbe): number {
  return Math.imul(seq, SEQ_STEP) >>> 0;
}

function icmpOf(address: string): number {
  return address.includes(':') ? ICMP6 : ICMP;
}

function echo({ icmpId, seq }: SynthesisedProbe, type: number): Buffer {
  const message = Buffer.alloc(8 + 56);
  message.writeUInt8(type, 0);
  message.writeUInt16BE(icmpId & 0xffff, 4);
  message.writeUInt16BE(seq & 0xffff, 6);
  return message;
}

function tcp(probe: SynthesisedProbe, back: boolean, seq: number, ack: number, flags: number): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(back ? probe.targetPort : probe.sourcePort, 0);
  segment.writeUInt16BE(back ? probe.sourcePort : probe.targetPort, 2);
  segment.writeUInt32BE(seq, 4);
  segment.writeUInt32BE(ack, 8);
  segment.writeUInt8(5 << 4, 12);
  segment.writeUInt8(flags, 13);
  segment.writeUInt16BE(64_240, 14);
  return segment;
}

function udp(probe: SynthesisedProbe, back: boolean): Buffer {
  const datagram = Buffer.alloc(8 + 56);
  datagram.writeUInt16BE(back ? probe.targetPort : probe.sourcePort, 0);
  datagram.writeUInt16BE(back ? probe.sourcePort : probe.targetPort, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  return datagram;
}

/** Where the checksum stands in what IP carries. */
const CHECKSUM_AT: Readonly<Record<number, number>> = { [TCP]: 16, [UDP]: 6, [ICMP]: 2, [ICMP6]: 2 };

function ip(source: string, target: string, protocol: number, ttl: number, payload: Buffer): Uint8Array {
  const from = addressBytes(source);
  const to = addressBytes(target);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length, 0);
  const pseudo = protocol === ICMP ? [] : [from, to, length, Buffer.from([0, 0, 0, protocol])];
  payload.writeUInt16BE(internetChecksum(Buffer.concat([...pseudo, payload])), CHECKSUM_AT[protocol] ?? 0);
  if (to.length === 16) {
    const header = Buffer.alloc(8);
    header.writeUInt8(0x60, 0);
    header.writeUInt16BE(payload.length, 4);
    header.writeUInt8(protocol, 6);
    header.writeUInt8(ttl, 7);
    return Buffer.concat([header, from, to, payload]);
  }
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(ttl, 8);
  header.writeUInt8(protocol, 9);
  from.copy(header, 12);
  to.copy(header, 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

/** RFC 1071. */
function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += at + 1 < bytes.length ? bytes.readUInt16BE(at) : (bytes[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [front = '', behind] = address.split('%')[0]?.split('::') ?? [];
  const words = (text: string | undefined): number[] =>
    (text ?? '')
      .split(':')
      .filter((word) => word !== '')
      .flatMap((word) => {
        if (!word.includes('.')) return [Number.parseInt(word, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = word.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
  const first = words(front);
  const last = words(behind);
  const all = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  const bytes = Buffer.alloc(16);
  for (const [index, word] of all.slice(0, 8).entries()) bytes.writeUInt16BE(word & 0xffff, 2 * index);
  return bytes;
}
