import type { Address } from './address.js';
import { type Outgoing, TcpFlags, Transports } from './packet.js';

/** Bytes of payload of ICMP and UDP probes. */
const PAYLOAD_BYTES = 56;
/** A constant filler: a payload of zeros can read as padding. */
const FILLER = 0x55;

/** The packet from its IP header on; the same bytes as `rxray-prober` would send. */
export function buildPacket(out: Outgoing): Buffer {
  const v4 = out.target.version === 4;
  const header = v4 ? 20 : 40;
  const body = out.transport === 'icmp' ? icmp(out) : out.transport === 'tcp' ? tcp(out) : udp(out);
  const protocol = protocolOf(out);
  const packet = Buffer.alloc(header + body.length);
  if (v4) {
    packet[0] = 0x45;
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(out.ipId, 4);
    packet[6] = 0x40; // do not fragment
    packet[8] = out.ttl;
    packet[9] = protocol;
    out.source.bytes.copy(packet, 12);
    out.target.bytes.copy(packet, 16);
    packet.writeUInt16BE(checksum(packet.subarray(0, header)), 10);
  } else {
    packet[0] = 0x60;
    packet.writeUInt16BE(body.length, 4);
    packet[6] = protocol;
    packet[7] = out.ttl;
    out.source.bytes.copy(packet, 8);
    out.target.bytes.copy(packet, 24);
  }
  body.copy(packet, header);
  return packet;
}

function protocolOf({ transport, target }: Outgoing): number {
  return transport === 'icmp' && target.version === 6 ? Transports.icmp6 : Transports[transport];
}

function icmp(out: Outgoing): Buffer {
  const bytes = Buffer.alloc(8 + PAYLOAD_BYTES);
  const v4 = out.target.version === 4;
  bytes[0] = v4 ? 8 : 128;
  bytes.writeUInt16BE(out.sourcePort, 4);
  bytes.writeUInt16BE(out.targetPort, 6);
  putPayload(out, bytes);
  bytes.writeUInt16BE(checksum(bytes, v4 ? 0 : pseudoHeader(out, bytes.length)), 2);
  return bytes;
}

function tcp(out: Outgoing): Buffer {
  const { flags, seq, ack } = out.tcp ?? { flags: TcpFlags.syn, seq: 0, ack: 0 };
  const syn = (flags & TcpFlags.syn) !== 0;
  const bytes = Buffer.alloc(syn ? 24 : 20);
  bytes.writeUInt16BE(out.sourcePort, 0);
  bytes.writeUInt16BE(out.targetPort, 2);
  bytes.writeUInt32BE(seq, 4);
  bytes.writeUInt32BE(ack, 8);
  bytes[12] = (bytes.length / 4) << 4;
  bytes[13] = flags;
  bytes.writeUInt16BE((flags & TcpFlags.rst) !== 0 ? 0 : 65_535, 14);
  if (syn) {
    // The largest segment: some middleboxes drop a SYN without this option.
    bytes[20] = 2;
    bytes[21] = 4;
    bytes.writeUInt16BE(out.target.version === 4 ? 1460 : 1440, 22);
  }
  bytes.writeUInt16BE(checksum(bytes, pseudoHeader(out, bytes.length)), 16);
  return bytes;
}

function udp(out: Outgoing): Buffer {
  const bytes = Buffer.alloc(8 + PAYLOAD_BYTES);
  bytes.writeUInt16BE(out.sourcePort, 0);
  bytes.writeUInt16BE(out.targetPort, 2);
  bytes.writeUInt16BE(bytes.length, 4);
  putPayload(out, bytes);
  // 0 would say that there is none (RFC 768).
  bytes.writeUInt16BE(checksum(bytes, pseudoHeader(out, bytes.length)) || 0xffff, 6);
  return bytes;
}

function putPayload({ key }: Outgoing, bytes: Buffer): void {
  bytes.fill(FILLER, 8);
  if (!key) return;
  bytes.writeUInt32BE(key.path, 8);
  bytes.writeUInt32BE(key.seq, 12);
  bytes.writeBigUInt64BE(key.nonce, 16);
}

function pseudoHeader(out: Outgoing, length: number): number {
  return sumOf(out.source) + sumOf(out.target) + protocolOf(out) + length;
}

function sumOf({ bytes }: Address): number {
  return ~checksum(bytes) & 0xffff;
}

/** The Internet checksum (RFC 1071), with a sum to begin with. */
export function checksum(bytes: Uint8Array, begin = 0): number {
  let sum = begin;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
