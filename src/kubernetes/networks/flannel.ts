import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { configMap, hasPodsOf, nodeAnnotation, settingIn } from '../settings.js';

const ANNOTATION = 'flannel.alpha.coreos.com/backend-type';
const OVERLAY_OF: Readonly<Record<string, PodNetwork['overlay']>> = {
  vxlan: 'vxlan',
  wireguard: 'wireguard',
  ipip: 'ipip',
  'host-gw': 'none',
  alloc: 'none',
  extension: 'unknown',
  // Packets through a process: no overlay of a kernel, and none that is known here.
  udp: 'unknown',
};

/** Flannel, also where it is a part of k3s: each node is annotated with its backend, `net-conf.json` has the details. */
export function flannel(objects: ClusterObjects): PodNetwork | undefined {
  const text = configMap(objects, 'kube-flannel-cfg')?.['net-conf.json'];
  const backend = settingIn(text, 'Backend') as
    | { readonly Type?: unknown; readonly DirectRouting?: unknown }
    | undefined;
  const annotated = nodeAnnotation(objects, ANNOTATION);
  const type = typeof backend?.Type === 'string' ? backend.Type : annotated;
  if (type === undefined) {
    const runs = ['kube-flannel-ds', 'kube-flannel'].some((name) => hasPodsOf(objects, name));
    if (!runs) return undefined;
    return {
      plugin: 'flannel',
      overlay: 'unknown',
      acrossSubnetsOnly: false,
      because: 'Flannel runs, and neither its ConfigMap nor annotations of the nodes could be read',
    };
  }
  const direct = backend?.DirectRouting === true;
  return {
    plugin: 'flannel',
    overlay: OVERLAY_OF[type.toLowerCase()] ?? 'unknown',
    acrossSubnetsOnly: direct,
    because:
      backend === undefined
        ? `annotation ${ANNOTATION}: ${type}`
        : `ConfigMap kube-flannel-cfg: Backend Type ${type}${direct ? ', DirectRouting' : ''}`,
  };
}
