/**
 * What carries packets of pods from node to node, as `overlay` of a pod in hosts.yaml says. Each is a stage of its own
 * name, and a cause.
 */
export const OVERLAYS = ['ipip', 'vxlan', 'geneve', 'wireguard'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** What is known of one, beside its name. */
export interface OverlayKnowledge {
  /** As its authors write it. */
  readonly title: string;
  /**
   * What a network card can hash its packets by. `inner-flow`: the source port of the outer UDP header follows from
   * the packet inside (RFC 7348, section 5; RFC 8926, section 3.3), so that a card that hashes UDP by ports spreads
   * them; most hash it by addresses. `addresses`: outer addresses and ports are the same for all packets, and what is
   * inside cannot be read.
   */
  readonly spread: 'inner-packet' | 'inner-flow' | 'addresses';
  /** What serves it on either end, to be looked at where it is to blame. */
  readonly servedBy: string;
}

export const OVERLAY_KNOWLEDGE: Readonly<Record<Overlay, OverlayKnowledge>> = {
  ipip: {
    title: 'IPIP',
    spread: 'inner-packet',
    servedBy: 'ip -s link of the tunnel, and the CPU that serves it',
  },
  vxlan: {
    title: 'VXLAN',
    spread: 'inner-flow',
    servedBy:
      'ip -s -d link of the tunnel, and whether the card hashes UDP by ports (ethtool -n DEVICE rx-flow-hash udp4)',
  },
  geneve: {
    title: 'Geneve',
    spread: 'inner-flow',
    servedBy:
      'ip -s -d link of the tunnel, and whether the card hashes UDP by ports (ethtool -n DEVICE rx-flow-hash udp4)',
  },
  wireguard: {
    title: 'WireGuard',
    spread: 'addresses',
    servedBy: 'wg show, and the CPUs of the kernel threads that decrypt (kworker … wg-crypt)',
  },
};

const NAMES: ReadonlySet<string> = new Set(OVERLAYS);

/** Whether a stage or a cause is an overlay. */
export function isOverlay(kind: string): kind is Overlay {
  return NAMES.has(kind);
}
