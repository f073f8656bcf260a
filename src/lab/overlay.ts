import type { Overlay } from '../model/overlay.js';

/** Overlays that the lab can be built with; WireGuard wants keys, and a tool of its own to set them. */
export const LAB_OVERLAYS = ['ipip', 'vxlan', 'geneve'] as const satisfies readonly Overlay[];
export type LabOverlay = (typeof LAB_OVERLAYS)[number];
/** How the nodes are joined: by the kernel's device of that kind, or by BPF programs that make IPIP. */
export type Tunnel = LabOverlay | 'bpf';

export const overlayBy = (tunnel: Tunnel): LabOverlay => (tunnel === 'bpf' ? 'ipip' : tunnel);

/** Registered ports, RFC 7348 and RFC 8926. */
export const UDP_PORT = { vxlan: 4789, geneve: 6081 } as const;

/** What tells packets of the tunnel from others on the way, as a match of a firewall rule. */
export function tunnelMatch(overlay: LabOverlay): string[] {
  return overlay === 'ipip' ? ['-p', '4'] : ['-p', 'udp', '--dport', String(UDP_PORT[overlay])];
}
