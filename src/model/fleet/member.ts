/**
 * What of a member is probed: the machine's own address, its probing pod on the overlay, a NodePort or Service address
 * of the machine. The word stands in the label `kind` of metrics.
 */
export const EDGE_KINDS = ['node', 'pod', 'nodeport'] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

/** By what packets; the word stands in the label `protocol` of metrics. */
export const EDGE_PROTOCOLS = ['icmp', 'syn'] as const;
export type EdgeProtocol = (typeof EDGE_PROTOCOLS)[number];

/** Rights that an agent has, each only what it needs. */
export const TIERS = ['restricted', 'probe', 'trace'] as const;
export type Tier = (typeof TIERS)[number];

/** Where one kind of a member is reached. Without a port it is probed by ICMP alone. */
export interface MemberAddress {
  /** Numeric. */
  readonly address: string;
  /** For SYN probes; a closed one is fine. */
  readonly port?: number | undefined;
}

/** One node of the fleet as a source of members describes it. */
export interface Member {
  /** Name of the node, by which the rings are made. */
  readonly name: string;
  readonly zone?: string | undefined;
  readonly addresses: { readonly [kind in EdgeKind]?: MemberAddress | undefined };
  /** A member that is not ready, ending or cordoned is known and not probed. */
  readonly ready: boolean;
  /** Its public key (X25519, 32 bytes in base64), where pairs of nodes have keys of their own. */
  readonly key?: string | undefined;
}
