import { addressText } from '../../model/ip-address.js';
import { type Incoming, type ProbeKey, type Transport, Transports } from './packet.js';

interface Ip {
  readonly version: 4 | 6;
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Takes a packet apart from its IP header on; `undefined` for all that is neither a probe nor can answer one. */
export function parsePacket(packet: Buffer): Incoming | undefined {
  const ip = parseIp(packet);
  if (!ip) return undefined;
  const { payload } = ip;
  if (ip.protocol === (ip.version === 4 ? Transports.icmp : Transports.icmp6)) return parseIcmp(ip);
  if (ip.protocol === Transports.tcp && payload.length >= 20) return { ...base(ip, 'tcp'), tcp: tcpNumbers(payload) };
  if (ip.protocol === Transports.udp && payload.length >= 8)
    return { ...base(ip, 'udp'), ...keyOf(payload.subarray(8)) };
  return undefined;
}

function base({ source, target, version, ttl, payload }: Ip, transport: Transport): Incoming {
  return {
    source,
    target,
    destination: target,
    quotedSource: '',
    transport,
    version,
    ttl,
    sourcePort: payload.readUInt16BE(0),
    targetPort: payload.readUInt16BE(2),
    icmpType: 0,
    icmpCode: 0,
    request: false,
    error: false,
    quotedIpId: 0,
  };
}

function parseIp(packet: Buffer): Ip | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4 && packet.length >= 20) {
    const header = ((packet[0] ?? 0) & 15) * 4;
    // Of fragments only the first has ports; probes and their answers are never that long.
    if (header < 20 || packet.length < header || (packet.readUInt16BE(6) & 0x1fff) !== 0) return undefined;
    return {
      version,
      source: addressText(packet.subarray(12, 16)),
      target: addressText(packet.subarray(16, 20)),
      protocol: packet[9] ?? 0,
      ttl: packet[8] ?? 0,
      id: packet.readUInt16BE(4),
      payload: packet.subarray(header),
    };
  }
  if (version === 6 && packet.length >= 40)
    return {
      version,
      source: addressText(packet.subarray(8, 24)),
      target: addressText(packet.subarray(24, 40)),
      protocol: packet[6] ?? 0,
      ttl: packet[7] ?? 0,
      id: 0,
      payload: packet.subarray(40),
    };
  return undefined;
}

function parseIcmp(ip: Ip): Incoming | undefined {
  const { payload, version } = ip;
  if (payload.length < 8) return undefined;
  const type = payload[0] ?? 0;
  const request = type === (version === 4 ? 8 : 128);
  const said = { icmpType: type, icmpCode: payload[1] ?? 0 };
  if (request || type === (version === 4 ? 0 : 129))
    return { ...base(ip, 'icmp'), ...echoNumbers(payload), ...said, ...keyOf(payload.subarray(8)), request };
  const error = version === 4 ? type === 3 || type === 11 || type === 12 : type >= 1 && type <= 4;
  const quoted = error ? parseQuoted(payload.subarray(8), version) : undefined;
  if (!quoted) return undefined;
  const { source, target: destination, ttl } = ip;
  return { ...quoted, ...said, quotedSource: quoted.source, source, destination, ttl, error: true };
}

/** The first 8 bytes are all that a router must quote (RFC 792), so no more is asked for here. */
function parseQuoted(quote: Buffer, version: 4 | 6): Incoming | undefined {
  const ip = parseIp(quote);
  if (!ip || ip.version !== version || ip.payload.length < 8) return undefined;
  const { payload } = ip;
  const named = { quotedIpId: ip.id, ...keyOf(payload.subarray(8)) };
  if (ip.protocol === Transports.tcp) return { ...base(ip, 'tcp'), quotedIpId: ip.id, tcp: tcpNumbers(payload) };
  if (ip.protocol === Transports.udp) return { ...base(ip, 'udp'), ...named };
  if (ip.protocol === (version === 4 ? Transports.icmp : Transports.icmp6) && payload[0] === (version === 4 ? 8 : 128))
    return { ...base(ip, 'icmp'), ...echoNumbers(payload), ...named };
  return undefined;
}

function echoNumbers(icmp: Buffer): { sourcePort: number; targetPort: number } {
  return { sourcePort: icmp.readUInt16BE(4), targetPort: icmp.readUInt16BE(6) };
}

function tcpNumbers(tcp: Buffer): { flags: number; seq: number; ack: number } {
  const whole = tcp.length >= 14;
  return { seq: tcp.readUInt32BE(4), ack: whole ? tcp.readUInt32BE(8) : 0, flags: whole ? (tcp[13] ?? 0) : 0 };
}

function keyOf(payload: Buffer): { key?: ProbeKey } {
  if (payload.length < 16) return {};
  return {
    key: { path: payload.readUInt32BE(0), seq: payload.readUInt32BE(4), nonce: payload.readBigUInt64BE(8) },
  };
}
