import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { configMap, daemonSet, hasPodsOf } from '../settings.js';

/** Cilium: `cilium-config`, whose keys changed with 1.14 (`tunnel` before, `routing-mode` and `tunnel-protocol` since). */
export function cilium(objects: ClusterObjects): PodNetwork | undefined {
  const config = configMap(objects, 'cilium-config');
  if (config === undefined && daemonSet(objects, 'cilium') === undefined && !hasPodsOf(objects, 'cilium')) {
    return undefined;
  }
  const told = (overlay: PodNetwork['overlay'], because: string, plugin = 'cilium'): PodNetwork => ({
    plugin,
    overlay,
    acrossSubnetsOnly: false,
    because: `ConfigMap cilium-config: ${because}`,
  });
  if (config === undefined) {
    return { ...told('unknown', ''), because: 'Cilium runs, and its ConfigMap cilium-config could not be read' };
  }
  const chained = config['cni-chaining-mode'];
  if (chained !== undefined && !['none', 'portmap', ''].includes(chained)) {
    return told(chained === 'aws-cni' ? 'none' : 'unknown', `cni-chaining-mode: ${chained}`, `cilium on ${chained}`);
  }
  if (config['enable-wireguard'] === 'true') return told('wireguard', 'enable-wireguard: true');
  const routing = config['routing-mode'];
  const tunnel = config.tunnel;
  if (routing === 'native' || tunnel === 'disabled') {
    return told('none', routing === undefined ? 'tunnel: disabled' : 'routing-mode: native');
  }
  const protocol = config['tunnel-protocol'] ?? tunnel;
  const because =
    protocol === undefined
      ? 'no routing-mode and no tunnel, which means VXLAN'
      : config['tunnel-protocol'] === undefined
        ? `tunnel: ${protocol}`
        : `tunnel-protocol: ${protocol}`;
  const named = protocol === undefined || protocol === '' ? 'vxlan' : protocol;
  return told(named === 'vxlan' || named === 'geneve' ? named : 'unknown', because);
}
