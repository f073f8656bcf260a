import type { PortRange } from '../node-prober/port-hold.js';

/** What a capture is to let through. */
export interface FilterSpec {
  readonly tcp: boolean;
  readonly udp: boolean;
  /** Identifiers of our echoes. */
  readonly icmpIds: PortRange | undefined;
  readonly ports: readonly PortRange[];
}

/**
 * The libpcap filter that passes our probes and what answers them, and nothing else. Our own probes are wanted too:
 * one that was sent and never seen tells that the capture loses packets, for which cap has no counter.
 */
export function captureFilter(spec: FilterSpec): string {
  const transports = [...(spec.tcp ? ['tcp'] : []), ...(spec.udp ? ['udp'] : [])];
  const terms = transports.flatMap((transport) => spec.ports.map((range) => `(${transport} ${portRange(range)})`));
  // A probe is sent without IP options, so what is quoted of it has a header of fixed length.
  const quoted4 = [
    ...transports.flatMap((transport) =>
      spec.ports.map((range) => `(icmp[17] = ${transport === 'tcp' ? 6 : 17} and ${within('icmp[28:2]', range)})`),
    ),
    ...(spec.icmpIds ? [`(icmp[17] = 1 and ${within('icmp[32:2]', spec.icmpIds)})`] : []),
  ];
  const quoted6 = [
    ...transports.flatMap((transport) =>
      spec.ports.map((range) => `(ip6[54] = ${transport === 'tcp' ? 6 : 17} and ${within('ip6[88:2]', range)})`),
    ),
    ...(spec.icmpIds ? [`(ip6[54] = 58 and ${within('ip6[92:2]', spec.icmpIds)})`] : []),
  ];
  if (spec.icmpIds) {
    terms.push(`(icmp and (icmp[0] = 0 or icmp[0] = 8) and ${within('icmp[4:2]', spec.icmpIds)})`);
    terms.push(`(icmp6 and (ip6[40] = 128 or ip6[40] = 129) and ${within('ip6[44:2]', spec.icmpIds)})`);
  }
  terms.push(`(icmp and (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12) and (${quoted4.join(' or ')}))`);
  terms.push(`(icmp6 and ip6[40] >= 1 and ip6[40] <= 4 and (${quoted6.join(' or ')}))`);
  return terms.join(' or ');
}

function portRange({ first, last }: PortRange): string {
  return `portrange ${first}-${last}`;
}

function within(what: string, { first, last }: PortRange): string {
  return first === last ? `${what} = ${first}` : `(${what} >= ${first} and ${what} <= ${last})`;
}
