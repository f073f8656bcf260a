import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { daemonSet, environment, hasPodsOf, nodeAnnotation } from '../settings.js';

const NAME = 'calico-node';

/** Calico: each IP pool says whether its packets are wrapped; a node with a tunnel's address uses that tunnel. */
export function calico(objects: ClusterObjects): PodNetwork | undefined {
  const set = daemonSet(objects, NAME);
  const annotated = nodeAnnotation(objects, 'projectcalico.org/IPv4Address') !== undefined;
  if (set === undefined && !annotated && objects.ipPools.length === 0 && !hasPodsOf(objects, NAME)) return undefined;
  const told = (overlay: PodNetwork['overlay'], because: string, acrossSubnetsOnly = false): PodNetwork => ({
    plugin: 'calico',
    overlay,
    acrossSubnetsOnly,
    because,
  });
  if (objects.felix.some(({ spec }) => spec.wireguardEnabled)) {
    return told('wireguard', 'FelixConfiguration: wireguardEnabled: true');
  }
  const pools = objects.ipPools.filter(({ spec }) => !spec.disabled);
  const modes = [...new Set(pools.map(({ spec }) => `ipipMode: ${spec.ipipMode}, vxlanMode: ${spec.vxlanMode}`))];
  const [pool] = pools;
  if (modes.length > 1) return told('unknown', `its IP pools differ: ${modes.join('; ')}`);
  if (pool !== undefined) {
    const { ipipMode, vxlanMode } = pool.spec;
    const because = `IPPool ${pool.metadata.name}: ${modes[0]}`;
    if (ipipMode !== 'Never') return told('ipip', because, ipipMode === 'CrossSubnet');
    if (vxlanMode !== 'Never') return told('vxlan', because, vxlanMode === 'CrossSubnet');
    return told('none', `${because}: routes by BGP`);
  }
  for (const [overlay, key] of [
    ['wireguard', 'projectcalico.org/WireguardPublicKey'],
    ['ipip', 'projectcalico.org/IPv4IPIPTunnelAddr'],
    ['vxlan', 'projectcalico.org/IPv4VXLANTunnelAddr'],
  ] as const) {
    if (nodeAnnotation(objects, key) !== undefined) {
      return told(
        overlay,
        `annotation ${key} of the nodes; whether between all of them or across subnets only is not told`,
      );
    }
  }
  const ipip = environment(set, 'CALICO_IPV4POOL_IPIP');
  const vxlan = environment(set, 'CALICO_IPV4POOL_VXLAN');
  const because = `no IP pool could be read; ${NAME} was installed with ${ipip === undefined ? '' : `CALICO_IPV4POOL_IPIP=${ipip} `}${vxlan === undefined ? '' : `CALICO_IPV4POOL_VXLAN=${vxlan}`}`;
  if (ipip !== undefined && ipip !== 'Never') return told('ipip', because, ipip === 'CrossSubnet');
  if (vxlan !== undefined && vxlan !== 'Never') return told('vxlan', because, vxlan === 'CrossSubnet');
  return told('unknown', 'no IP pool could be read, and nothing else tells');
}
