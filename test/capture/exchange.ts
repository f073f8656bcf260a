import type { ProbePacket } from './probe-packet.js';

/** A probe with its first answer, as a capture saw them. Instants are CLOCK_REALTIME in nanoseconds. */
export interface Exchange {
  readonly protocol: 'icmp' | 'syn';
  readonly target: string;
  /** ICMP: identifier. SYN: source port. */
  readonly from: number;
  /** ICMP: sequence number, 16 bits. SYN: initial sequence number, 32 bits. */
  readonly seq: number;
  readonly sentRealNs: bigint;
  /** Undefined when nothing answered. */
  readonly rttNs: number | undefined;
}

/**
 * The round-trip time from the probe's arrival at the far end of the sender's link to the answer's arrival at the near
 * end. A capture stamps what its machine sends before it copies it, and the driver stamps it after: what the copying
 * takes, 5 µs on a processor that was idle and now and then 30, is the capture's own doing. An arriving packet gets
 * one stamp that all share. So this one has no part of the capture in it, but the link in one direction.
 */
export function wireRttNs(near: Exchange | undefined, far: Exchange | undefined): number | undefined {
  if (near?.rttNs === undefined || far === undefined) return undefined;
  return Number(near.sentRealNs - far.sentRealNs) + near.rttNs;
}

type Open = { -readonly [field in keyof Exchange]: Exchange[field] };

/**
 * Pairs echo requests with replies by identifier and sequence number, SYNs with their SYN-ACK or RST by ports and
 * acknowledgement number. In the order of sending. Where a key was used again, an answer belongs to its latest use.
 */
export function pairExchanges(packets: readonly ProbePacket[]): Exchange[] {
  const exchanges: Open[] = [];
  const open = new Map<string, Open>();
  for (const packet of packets) {
    const probe = asProbe(packet);
    if (probe) {
      exchanges.push(probe.exchange);
      open.set(probe.key, probe.exchange);
      continue;
    }
    const answered = open.get(answerKey(packet) ?? '');
    if (answered && answered.rttNs === undefined) answered.rttNs = Number(packet.realNs - answered.sentRealNs);
  }
  return exchanges;
}

function asProbe(packet: ProbePacket): { readonly key: string; readonly exchange: Open } | undefined {
  const begun = { target: packet.destination, seq: packet.seq, sentRealNs: packet.realNs, rttNs: undefined };
  if (packet.kind === 'echo-request') {
    const key = `icmp ${packet.source} ${packet.destination} ${packet.id} ${packet.seq}`;
    return { key, exchange: { ...begun, protocol: 'icmp', from: packet.id } };
  }
  if (packet.kind === 'tcp' && packet.syn && !packet.hasAck) {
    const { source, sourcePort, destination, destinationPort } = packet;
    const key = `syn ${source}:${sourcePort} ${destination}:${destinationPort} ${packet.seq}`;
    return { key, exchange: { ...begun, protocol: 'syn', from: sourcePort } };
  }
  return undefined;
}

/** The key of the probe that a packet answers, if it answers one. */
function answerKey(packet: ProbePacket): string | undefined {
  if (packet.kind === 'echo-reply') return `icmp ${packet.destination} ${packet.source} ${packet.id} ${packet.seq}`;
  if (packet.kind !== 'tcp' || !packet.hasAck || !(packet.syn || packet.rst)) return undefined;
  const { source, sourcePort, destination, destinationPort } = packet;
  return `syn ${destination}:${destinationPort} ${source}:${sourcePort} ${(packet.ack - 1) >>> 0}`;
}
