import type { Cluster, ClusterPod } from '../../model/cluster.js';

/** How helpers get onto nodes: through the pods of rxray, or an ephemeral container in a pod that is there anyway. */
export type VantageWay = 'agents' | 'debug';

/** The parts of rxray whose pods have the right to send raw packets, the one that sees the node's cards first. */
const PROBING = ['probe', 'companion'];

/**
 * The pod that a node is probed from. One on the host network is the node itself; one on the pod network starts behind
 * the node's own bridge.
 */
export function vantagePod(cluster: Cluster, node: string, way: VantageWay): ClusterPod | undefined {
  const there = cluster.pods.filter((pod) => pod.node === node && pod.ready);
  if (way === 'agents') {
    return PROBING.map((part) => there.find(({ rxray }) => rxray === part)).find((pod) => pod !== undefined);
  }
  // Static pods take no ephemeral container; a DaemonSet's pod is on every node.
  const able = there.filter(({ mirror }) => !mirror);
  return (
    able.find(({ hostNetwork, daemonSet }) => hostNetwork && daemonSet !== undefined) ??
    able.find(({ hostNetwork }) => hostNetwork) ??
    able[0]
  );
}

/** The pod that is probed as the node's pod: rxray's own before a DaemonSet's before any other with an open port. */
export function targetPod(cluster: Cluster, node: string): ClusterPod | undefined {
  const there = cluster.pods.filter((pod) => pod.node === node && pod.ready && !pod.hostNetwork);
  return (
    there.find(({ rxray }) => rxray !== undefined) ??
    there.find(({ daemonSet, tcpPorts }) => daemonSet !== undefined && tcpPorts.length > 0) ??
    there.find(({ tcpPorts }) => tcpPorts.length > 0) ??
    there[0]
  );
}

/** The tracing agent on the pod's node, through which its kernel can be asked; both are reached in one namespace. */
export function tracingPodOf(cluster: Cluster, { node, namespace }: ClusterPod): ClusterPod | undefined {
  return cluster.pods.find(
    (pod) => pod.node === node && pod.namespace === namespace && pod.rxray === 'trace' && pod.ready,
  );
}
