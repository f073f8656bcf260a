/** A packet as a capture holds it. */
export interface CapturedPacket {
  /** CLOCK_REALTIME in nanoseconds; beyond 2^53. */
  readonly realNs: bigint;
  /** From the link layer on, cut off at the snapshot length. */
  readonly bytes: Uint8Array;
}

export interface PcapFile {
  /** LINKTYPE_* as tcpdump.org numbers them: 1 Ethernet, 101 raw IP, 113 and 276 Linux "cooked". */
  readonly linkType: number;
  readonly packets: readonly CapturedPacket[];
}

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;

/**
 * Reads a pcap file (not pcapng), written with micro- or nanoseconds on a machine of either byte order. A record that
 * was cut off at the end of the file is left out.
 *
 * @throws Error when it is no such file
 */
export function readPcap(file: Uint8Array): PcapFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < HEADER_BYTES) throw new Error(`a pcap file of ${file.byteLength} bytes has no header`);
  const { littleEndian, nsPerTick } = format(view);
  const packets: CapturedPacket[] = [];
  for (let at = HEADER_BYTES; at + RECORD_BYTES <= file.byteLength; ) {
    const seconds = view.getUint32(at, littleEndian);
    const ticks = view.getUint32(at + 4, littleEndian);
    const length = view.getUint32(at + 8, littleEndian);
    const from = at + RECORD_BYTES;
    at = from + length;
    if (at > file.byteLength) break;
    packets.push({
      realNs: BigInt(seconds) * 1_000_000_000n + BigInt(ticks * nsPerTick),
      bytes: file.subarray(from, at),
    });
  }
  // The upper bits tell about a frame check sequence, which the kernel does not hand over.
  return { linkType: view.getUint32(20, littleEndian) & 0x0fff_ffff, packets };
}

function format(view: DataView): { readonly littleEndian: boolean; readonly nsPerTick: number } {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === NANOSECONDS) return { littleEndian, nsPerTick: 1 };
    if (magic === MICROSECONDS) return { littleEndian, nsPerTick: 1_000 };
  }
  throw new Error(`no pcap file: it begins with ${view.getUint32(0).toString(16)}`);
}
