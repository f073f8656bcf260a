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
  interface Open {
    readonly synNs: bigint;
    lastByteNs?: bigint;
  }
  // By the client's port, which is taken again for a later connection before long.
  const open = new Map<number, Open>();
  const all: Open[] = [];
  for (const { realNs: timeNs, bytes } of readPcap(file).packets) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headerBytes = (view.getUint8(ETHERNET_BYTES) & 0xf) * 4;
    const tcp = ETHERNET_BYTES + headerBytes;
    const [from, to] = [view.getUint16(tcp), view.getUint16(tcp + 2)];
    const flags = view.getUint8(tcp + 13);
    const payload = view.getUint16(ETHERNET_BYTES + 2) - headerBytes - (view.getUint8(tcp + 12) >> 4) * 4;
    const before = open.get(from);
    // A SYN of a connection that was not answered is that connection's, sent again.
    if (to === port && (flags & (SYN | ACK)) === SYN && (before === undefined || before.lastByteNs !== undefined)) {
      const one: Open = { synNs: timeNs };
      open.set(from, one);
      all.push(one);
    }
    const asked = open.get(to);
    if (from === port && payload > 0 && asked !== undefined) asked.lastByteNs = timeNs;
  }
  return all
    .flatMap(({ synNs, lastByteNs }) => (lastByteNs === undefined ? [] : [{ synNs, lastByteNs }]))
    .sort((a, b) => (a.synNs < b.synNs ? -1 : 1));
}
