import { OVERLAY_KNOWLEDGE, type Overlay } from '../../../model/overlay.js';
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

/** The packet of a tunnel around another one. */
export interface OuterPacket {
  readonly overlay: Overlay;
  readonly from: string;
  readonly to: string;
}

/** A packet as a network card sees it: maybe in a tunnel between two machines. */
export interface WirePacket {
  readonly tuple: FiveTuple;
  readonly outer?: OuterPacket;
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
  if (outer !== undefined && !looksInside(outer, settings)) return hashAddresses(key, outer.from, outer.to) % queues;
  const addresses = hashAddresses(key, tuple.from, tuple.to);
  if (hashInput(tuple.protocol, settings) === 'addresses') return addresses % queues;
  return hashWords(key, addresses, tuple.fromPort * 0x1_0000 + tuple.toPort) % queues;
}

/** Whether the flows inside a tunnel are spread: by the packet inside, or by the outer source port that follows from it. */
function looksInside({ overlay }: OuterPacket, settings: HashSettings): boolean {
  switch (OVERLAY_KNOWLEDGE[overlay].spread) {
    case 'inner-packet':
      return settings.ipip === 'inner';
    case 'inner-flow':
      return settings.udp === 'ports';
    case 'addresses':
      return false;
  }
}

function hashAddresses(key: number, from: string, to: string): number {
  return hashWords(key, hashText(1, from), hashText(2, to));
}

function hashInput(protocol: Protocol, settings: HashSettings): HashInput {
  switch (protocol) {
    case 'icmp':
      return 'addresses';
    case 'udp':
    case 'dns':
      return settings.udp;
    case 'syn':
    case 'ack':
    case 'http':
      return settings.tcp;
  }
}
