import type { Cluster, ClusterPod, ClusterServicePort } from '../../model/cluster.js';

/** A service whose packets go to one pod that is known: only of those is it known which stages they cross. */
export interface ServiceTarget {
  readonly port: ClusterServicePort;
  /** Node whose NodePort it is; undefined for a ClusterIP. */
  readonly entrance: string | undefined;
  readonly backend: ClusterPod;
}

export interface ServiceTargets {
  readonly found: readonly ServiceTarget[];
  readonly notes: readonly string[];
}

/** More of a kind show nothing that these do not. */
const NODE_PORTS_OF_A_NODE = 2;
const CLUSTER_ADDRESSES = 2;

/**
 * NodePorts of these nodes and ClusterIPs that lead to exactly one ready pod. A NodePort to a pod of its own node and
 * one to a pod of another are two different paths, so of each node one of both is taken.
 */
export function serviceTargets(cluster: Cluster, nodes: readonly string[]): ServiceTargets {
  const byName = new Map(cluster.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const chosen = new Set(nodes);
  const found: ServiceTarget[] = [];
  const several = new Set<string>();
  // rxray's own service is made for this; then by name, so that the same cluster gives the same file.
  const ports = [...cluster.servicePorts].sort(
    (one, other) => rank(one) - rank(other) || (key(one) < key(other) ? -1 : 1),
  );
  for (const port of ports) {
    const backends = (port.backends ?? []).map((name) => byName.get(name));
    if (port.backends === undefined || backends.includes(undefined)) continue;
    const pods = backends.filter((pod): pod is ClusterPod => pod !== undefined && !pod.hostNetwork);
    if (pods.length !== backends.length) continue;
    if (port.nodePort !== undefined) {
      for (const entrance of nodes) {
        const behind = port.localOnly ? pods.filter(({ node }) => node === entrance) : pods;
        const [backend] = behind;
        if (backend === undefined) continue;
        if (behind.length > 1) {
          several.add(`${port.namespace}/${port.service}:${port.port}`);
          continue;
        }
        if (!chosen.has(backend.node)) continue;
        const there = found.filter((target) => target.entrance === entrance);
        const isLocal = backend.node === entrance;
        const has = there.some((target) => (target.backend.node === entrance) === isLocal);
        if (!has && there.length < NODE_PORTS_OF_A_NODE) found.push({ port, entrance, backend });
      }
    } else if (port.clusterAddresses.length > 0 && !port.internalLocalOnly) {
      const [backend] = pods;
      if (backend === undefined) continue;
      if (pods.length > 1) several.add(`${port.namespace}/${port.service}:${port.port}`);
      else if (
        chosen.has(backend.node) &&
        found.filter(({ entrance }) => entrance === undefined).length < CLUSTER_ADDRESSES
      ) {
        found.push({ port, entrance: undefined, backend });
      }
    }
  }
  return { found, notes: severalNote([...several]) };
}

function severalNote(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
  return [`${shown}: several pods answer, each on its own way, so no one path is known; left out`];
}

function rank({ service }: ClusterServicePort): number {
  return service.startsWith('rxray') ? 0 : 1;
}

function key({ namespace, service, port }: ClusterServicePort): string {
  return `${namespace}/${service}/${String(port).padStart(5, '0')}`;
}
