import { addressBytes } from '../../model/ip-address.js';

/**
 * Receive-side scaling as network cards do it: the Toeplitz hash over addresses (and ports), reduced by an
 * indirection table to a queue. Definition and test vectors: Microsoft, "Verifying the RSS hash calculation".
 */

/** The key of the published test vectors, which many drivers have as their default; 40 bytes. */
export const DEFAULT_RSS_KEY: readonly number[] = [
  0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b,
  0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
  0x01, 0xfa,
];

/** A packet as it arrives: from the sender to the receiver whose queues are asked for. */
export interface HashedPacket {
  /** IPv4 or IPv6 text, both of one family. */
  readonly from: string;
  readonly to: string;
  /** Absent where only addresses are hashed: ICMP, IPIP by its outer addresses, TCP on some cards. */
  readonly ports?: { readonly from: number; readonly to: number };
}

/** What `ethtool -x` prints. */
export interface RssSettings {
  /** At least as long as the input plus 4 bytes: 40 for all inputs of IPv4 and IPv6. */
  readonly key: readonly number[];
  /** Queue by the low bits of the hash; its length is a power of two, mostly 128. */
  readonly table: readonly number[];
}

/** The 32-bit hash: for every bit set in the input the 32 bits of the key that begin there are added modulo 2. */
export function toeplitzHash(packet: HashedPacket, key: readonly number[] = DEFAULT_RSS_KEY): number {
  const input = [...addressBytes(packet.from), ...addressBytes(packet.to)];
  if (packet.ports !== undefined) {
    for (const port of [packet.ports.from, packet.ports.to]) input.push(port >> 8, port & 0xff);
  }
  if (key.length < input.length + 4) {
    throw new RangeError(`a key of ${key.length} bytes is too short for an input of ${input.length}`);
  }
  let hash = 0;
  let window =
    (((key[0] as number) << 24) | ((key[1] as number) << 16) | ((key[2] as number) << 8) | (key[3] as number)) >>> 0;
  for (const [at, byte] of input.entries()) {
    const next = key[at + 4] as number;
    for (let bit = 7; bit >= 0; bit -= 1) {
      if (((byte >> bit) & 1) === 1) hash ^= window;
      window = ((window << 1) | ((next >> bit) & 1)) >>> 0;
    }
  }
  return hash >>> 0;
}

/** The receive queue on which a packet lands. */
export function queueByRss(packet: HashedPacket, { key, table }: RssSettings): number {
  return table[toeplitzHash(packet, key) % table.length] ?? 0;
}

/** The table that drivers start with: queues in turn. */
export function evenTable(queues: number, length = 128): number[] {
  return Array.from({ length }, (_, i) => i % queues);
}
