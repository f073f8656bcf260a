import type { Address } from './address.js';

export const TcpFlags = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

/** Numbers of the transports in an IP header. */
export const Transports = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

export type Transport = 'icmp' | 'tcp' | 'udp';

/** The part of a probe that a reply echoes or an ICMP error quotes. */
export interface ProbeKey {
  readonly path: number;
  readonly seq: number;
  readonly nonce: bigint;
}

/** What a probe is made of. */
export interface Outgoing {
  readonly source: Address;
  readonly target: Address;
  /** For ICMP the identifier and the sequence number of the echo. */
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly transport: Transport;
  readonly ttl: number;
  /** IPv4 only; routers quote it even where they quote little else. */
  readonly ipId: number;
  /** In the payload of ICMP and UDP. */
  readonly key?: ProbeKey;
  readonly tcp?: { readonly flags: number; readonly seq: number; readonly ack: number };
}

/** A captured packet, taken apart. For an ICMP error the ports and numbers are those of the quoted probe. */
export interface Incoming {
  readonly source: string;
  /** Where the packet was going, or for an ICMP error where the quoted probe was. */
  readonly target: string;
  /** Where the packet itself was going. */
  readonly destination: string;
  /** Of an ICMP error where the quoted probe came from; else empty. */
  readonly quotedSource: string;
  readonly transport: Transport;
  readonly version: 4 | 6;
  readonly ttl: number;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly key?: ProbeKey;
  readonly tcp?: { readonly flags: number; readonly seq: number; readonly ack: number };
  readonly icmpType: number;
  readonly icmpCode: number;
  /** An echo request. */
  readonly request: boolean;
  /** An ICMP error that quotes something of ours. */
  readonly error: boolean;
  /** 0 where nothing is quoted. */
  readonly quotedIpId: number;
}
