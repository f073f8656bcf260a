import type { ClusterNode, PodNetwork } from '../../model/cluster.js';
import type { Overlay } from '../../model/overlay.js';

export interface OverlaysBetween {
  /** The overlay through which pods of a node are reached from the vantages; undefined for none. */
  of(node: string): Overlay | undefined;
  readonly notes: readonly string[];
}

/**
 * Through which overlay the vantages reach the pods of each node. Where the overlay is used across subnets only, that
 * depends on both ends; a hosts file says it by target, so it can be said only where all vantages agree.
 */
export function overlaysBetween(
  network: PodNetwork,
  sources: readonly ClusterNode[],
  nodes: readonly ClusterNode[],
): OverlaysBetween {
  const { overlay, plugin, because } = network;
  if (overlay === 'none') return { of: () => undefined, notes: [] };
  if (overlay === 'unknown') {
    return {
      of: () => undefined,
      notes: [
        `whether pods are reached through an overlay is not known (${because}): add overlay: to the pods where they are`,
      ],
    };
  }
  if (!network.acrossSubnetsOnly) return { of: () => overlay, notes: [] };
  const mixed: string[] = [];
  const used = new Set<string>();
  for (const node of nodes) {
    const others = sources.filter(({ name }) => name !== node.name);
    const across = new Set(
      others.map(({ subnet }) =>
        subnet === undefined || node.subnet === undefined ? undefined : subnet !== node.subnet,
      ),
    );
    if (across.size > 1 || across.has(undefined)) mixed.push(node.name);
    else if (across.has(true)) used.add(node.name);
  }
  const note = `${plugin} uses ${overlay} across subnets only, and that is not the same, or not known, for all vantages of the pods on ${mixed.join(', ')}: a wait in it reads as network`;
  return { of: (node) => (used.has(node) ? overlay : undefined), notes: mixed.length === 0 ? [] : [note] };
}
