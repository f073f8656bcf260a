import type { Protocol } from '../../../model/protocol.js';
import { hashText, hashWords } from '../faults/chance.js';

/** What a network card takes into its hash for one protocol. */
export type HashInput = 'ports' | 'addresses';

/** Addresses and ports of one packet, in its direction. Ports are 0 for ICMP. */
export interface FiveTuple {
  readonly protocol: Protocol;
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
}

/** A packet as a network card sees it: maybe in an IPIP packet between two machines. */
export interface WirePacket {
  readonly tuple: FiveTuple;
  /** Source and destination of the IPIP packet around it. */
  readonly outer?: readonly [from: string, to: string];
}

/** How a machine spreads packets over its receive queues. ICMP is always hashed by addresses. */
export interface HashSettings {
  readonly tcp: HashInput;
  readonly udp: HashInput;
  readonly ipip: 'outer' | 'inner';
}

/** The receive queue of a packet: a keyed hash, as secret as the kernel's, reduced to 0 … queues - 1. */
export function queueOf(packet: WirePacket, key: number, settings: HashSettings, queues: number): number {
  if (queues === 1) return 0;
  const { tuple, outer } = packet;
  if (outer !== undefined && settings.ipip === 'outer') return hashAddresses(key, outer[0], outer[1]) % queues;
  const addresses = hashAddresses(key, tuple.from, tuple.to);
  if (hashInput(tuple.protocol, settings) === 'addresses') return addresses % queues;
  return hashWords(key, addresses, tuple.fromPort * 0x1_0000 + tuple.toPort) % queues;
}

function hashAddresses(key: number, from: string, to: string): number {
  return hashWords(key, hashText(1, from), hashText(2, to));
}

function hashInput(protocol: Protocol, settings: HashSettings): HashInput {
  switch (protocol) {
    case 'icmp':
      return 'addresses';
    case 'udp':
      return settings.udp;
    case 'syn':
    case 'ack':
      return settings.tcp;
  }
}
