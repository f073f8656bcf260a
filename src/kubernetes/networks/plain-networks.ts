import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { daemonSet, environment, hasPodsOf, nodeAnnotation } from '../settings.js';

/** A network plugin that the name of its DaemonSet tells, with nothing that could be set otherwise. */
interface Named {
  readonly daemonSet: string;
  readonly plugin: string;
  readonly overlay: PodNetwork['overlay'];
  readonly why: string;
}

const NAMED: readonly Named[] = [
  { daemonSet: 'aws-node', plugin: 'aws-vpc-cni', overlay: 'none', why: 'pods have addresses of the VPC' },
  { daemonSet: 'ovnkube-node', plugin: 'ovn-kubernetes', overlay: 'geneve', why: 'OVN-Kubernetes tunnels by Geneve' },
];

/** Weave, clouds and kubenet: what has no settings of its own that tell more than its name does. */
export function plainNetwork(objects: ClusterObjects): PodNetwork | undefined {
  const runs = (name: string): boolean => daemonSet(objects, name) !== undefined || hasPodsOf(objects, name);
  const told = (plugin: string, overlay: PodNetwork['overlay'], because: string): PodNetwork => ({
    plugin,
    overlay,
    acrossSubnetsOnly: false,
    because,
  });
  if (runs('weave-net')) {
    const secured = environment(daemonSet(objects, 'weave-net'), 'WEAVE_PASSWORD') !== undefined;
    return told(
      'weave',
      'vxlan',
      `DaemonSet weave-net: its fast data path is VXLAN${secured ? ', encrypted' : ''}; where that fails it falls back to a process of its own, which shows on the nodes only`,
    );
  }
  const named = NAMED.find(({ daemonSet: name }) => runs(name));
  if (named !== undefined) return told(named.plugin, named.overlay, `DaemonSet ${named.daemonSet}: ${named.why}`);
  return cloudNetwork(objects, runs, told);
}

function cloudNetwork(
  objects: ClusterObjects,
  runs: (daemonSet: string) => boolean,
  told: (plugin: string, overlay: PodNetwork['overlay'], because: string) => PodNetwork,
): PodNetwork | undefined {
  const provider = objects.nodes.find(({ spec }) => spec.providerID !== undefined)?.spec.providerID ?? '';
  if (runs('anetd')) {
    return told('gke-dataplane-v2', 'none', 'DaemonSet anetd: GKE Dataplane V2; the VPC routes addresses of pods');
  }
  if (provider.startsWith('gce://') && (runs('netd') || hasPodRanges(objects))) {
    return told('gke', 'none', 'GKE: the VPC routes the range of each node, as alias addresses or as routes');
  }
  if (provider.startsWith('azure://')) {
    if (runs('azure-cns')) {
      const overlay = objects.nodes.some(
        ({ metadata }) => metadata.labels['kubernetes.azure.com/podnetwork-type'] === 'overlay',
      );
      return told(
        overlay ? 'azure-cni-overlay' : 'azure-cni',
        'none',
        `DaemonSet azure-cns${overlay ? ', label podnetwork-type: overlay' : ''}: the virtual network routes addresses of pods, outside the nodes`,
      );
    }
    if (hasPodRanges(objects)) {
      return told('kubenet', 'none', 'AKS without azure-cns: kubenet; a route table leads to the range of each node');
    }
  }
  // What annotates nodes is a plugin that is not known here.
  const foreign =
    nodeAnnotation(objects, 'k8s.ovn.org/node-subnets') ??
    nodeAnnotation(objects, 'kube-router.io/bgp-local-addresses');
  if (foreign === undefined && hasPodRanges(objects) && objects.daemonSets.length > 0) {
    return told(
      'kubenet',
      'none',
      'nodes have ranges of pods and no DaemonSet of a known network plugin runs: kubenet, or static routes',
    );
  }
  return undefined;
}

function hasPodRanges({ nodes }: ClusterObjects): boolean {
  return nodes.some(({ spec }) => spec.podCIDR !== undefined || spec.podCIDRs.length > 0);
}
