import { readPcap } from '../capture/pcap-file.js';

const ETHERNET_BYTES = 14;
const SYN = 0x02;
const ACK = 0x10;

/** One request on a connection of its own, as a capture saw it; instants are nanoseconds of CLOCK_REALTIME. */
export interface CapturedRequest {
  readonly synNs: bigint;
  /** The last packet of the server that carried data. */
  readonly lastByteNs: bigint;
}

/** Of all connections to a port of IPv4, in the order of their SYNs; those without an answer are left out. */
export function capturedRequests(file: Uint8Array, port: number): CapturedRequest[] {
  const syns = new Map<number, bigint>();
  const answers = new Map<number, bigint>();
  for (const { realNs: timeNs, bytes } of readPcap(file).packets) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headerBytes = (view.getUint8(ETHERNET_BYTES) & 0xf) * 4;
    const tcp = ETHERNET_BYTES + headerBytes;
    const [from, to] = [view.getUint16(tcp), view.getUint16(tcp + 2)];
    const flags = view.getUint8(tcp + 13);
    const payload = view.getUint16(ETHERNET_BYTES + 2) - headerBytes - (view.getUint8(tcp + 12) >> 4) * 4;
    if (to === port && (flags & (SYN | ACK)) === SYN) syns.set(from, timeNs);
    if (from === port && payload > 0 && syns.has(to)) answers.set(to, timeNs);
  }
  return [...answers]
    .map(([client, lastByteNs]) => ({ synNs: syns.get(client) ?? 0n, lastByteNs }))
    .sort((a, b) => (a.synNs < b.synNs ? -1 : 1));
}
