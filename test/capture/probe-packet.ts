import type { CapturedPacket, PcapFile } from './pcap-file.js';

interface Addressed {
  readonly realNs: bigint;
  readonly source: string;
  readonly destination: string;
}

/** What can be a probe or answer one. */
export type ProbePacket =
  | (Addressed & { readonly kind: 'echo-request' | 'echo-reply'; readonly id: number; readonly seq: number })
  | (Addressed & {
      readonly kind: 'tcp';
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly seq: number;
      readonly ack: number;
      readonly syn: boolean;
      readonly rst: boolean;
      readonly hasAck: boolean;
    });

const IPV4 = 0x0800;
const ICMP = 1;
const TCP = 6;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/** Bytes before the IP header, and where among them the protocol stands, by LINKTYPE. */
const LINK_LAYERS: ReadonlyMap<number, { readonly bytes: number; readonly protocolAt?: number }> = new Map([
  [1, { bytes: 14, protocolAt: 12 }],
  [101, { bytes: 0 }],
  [113, { bytes: 16, protocolAt: 14 }],
  [228, { bytes: 0 }],
  [276, { bytes: 20, protocolAt: 0 }],
]);

/** The echo and TCP packets over IPv4 in a capture; others, and fragments but the first, are passed over. */
export function probePackets(file: PcapFile): ProbePacket[] {
  const link = LINK_LAYERS.get(file.linkType);
  if (!link) throw new Error(`captures of link type ${file.linkType} are not understood`);
  return file.packets.flatMap((packet) => decode(packet, link.bytes, link.protocolAt) ?? []);
}

function decode(packet: CapturedPacket, linkBytes: number, protocolAt: number | undefined): ProbePacket | undefined {
  const { bytes } = packet;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = linkBytes;
  if (bytes.byteLength < ip + 20) return undefined;
  if (protocolAt !== undefined && view.getUint16(protocolAt) !== IPV4) return undefined;
  if (view.getUint8(ip) >> 4 !== 4 || (view.getUint16(ip + 6) & 0x1fff) !== 0) return undefined;
  const body = ip + (view.getUint8(ip) & 15) * 4;
  const about = { realNs: packet.realNs, source: address(bytes, ip + 12), destination: address(bytes, ip + 16) };
  const protocol = view.getUint8(ip + 9);
  if (protocol === ICMP && bytes.byteLength >= body + 8) {
    const type = view.getUint8(body);
    if (type !== ECHO_REQUEST && type !== ECHO_REPLY) return undefined;
    const kind = type === ECHO_REQUEST ? 'echo-request' : 'echo-reply';
    return { ...about, kind, id: view.getUint16(body + 4), seq: view.getUint16(body + 6) };
  }
  if (protocol === TCP && bytes.byteLength >= body + 14) {
    const flags = view.getUint8(body + 13);
    return {
      ...about,
      kind: 'tcp',
      sourcePort: view.getUint16(body),
      destinationPort: view.getUint16(body + 2),
      seq: view.getUint32(body + 4),
      ack: view.getUint32(body + 8),
      syn: (flags & 0x02) !== 0,
      rst: (flags & 0x04) !== 0,
      hasAck: (flags & 0x10) !== 0,
    };
  }
  return undefined;
}

const address = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join('.');
