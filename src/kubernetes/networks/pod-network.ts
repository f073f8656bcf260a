import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { antrea } from './antrea.js';
import { calico } from './calico.js';
import { cilium } from './cilium.js';
import { flannel } from './flannel.js';
import { plainNetwork } from './plain-networks.js';

/** In the order in which they are asked: what chains itself behind another, or replaces its policy only, comes later. */
const PLUGINS: readonly ((objects: ClusterObjects) => PodNetwork | undefined)[] = [
  cilium,
  flannel,
  antrea,
  plainNetworkUnlessCalico,
  calico,
  plainNetwork,
];

/** What carries the packets of pods; `unknown` where no object that could be read tells. */
export function podNetwork(objects: ClusterObjects): PodNetwork {
  for (const plugin of PLUGINS) {
    const found = plugin(objects);
    if (found !== undefined) return found;
  }
  return {
    plugin: 'unknown',
    overlay: 'unknown',
    acrossSubnetsOnly: false,
    because: 'no network plugin that is known here left a trace in what could be read',
  };
}

/** On EKS and AKS Calico is often there for its policies alone, without pools or addresses of its own. */
function plainNetworkUnlessCalico(objects: ClusterObjects): PodNetwork | undefined {
  const calicoRoutes =
    objects.ipPools.some(({ spec }) => !spec.disabled) ||
    objects.nodes.some(({ metadata }) => metadata.annotations['projectcalico.org/IPv4Address'] !== undefined);
  return calicoRoutes ? undefined : cloudOnly(plainNetwork(objects));
}

/** kubenet is a guess from what is missing; Calico that runs is not missing. */
function cloudOnly(found: PodNetwork | undefined): PodNetwork | undefined {
  return found?.plugin === 'kubenet' ? undefined : found;
}
