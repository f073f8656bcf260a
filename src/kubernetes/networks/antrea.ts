import type { PodNetwork } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { configMap, daemonSet, hasPodsOf, settingIn } from '../settings.js';

/** Antrea: `antrea-agent.conf` of its ConfigMap; Geneve between all nodes where it says nothing. */
export function antrea(objects: ClusterObjects): PodNetwork | undefined {
  const text = configMap(objects, 'antrea-config')?.['antrea-agent.conf'];
  const runs = daemonSet(objects, 'antrea-agent') !== undefined || hasPodsOf(objects, 'antrea-agent');
  if (text === undefined && !runs) return undefined;
  const told = (overlay: PodNetwork['overlay'], because: string, acrossSubnetsOnly = false): PodNetwork => ({
    plugin: 'antrea',
    overlay,
    acrossSubnetsOnly,
    because,
  });
  if (text === undefined) return told('unknown', 'Antrea runs, and its ConfigMap antrea-config could not be read');
  const mode = String(settingIn(text, 'trafficEncapMode') ?? 'encap');
  const encryption = String(settingIn(text, 'trafficEncryptionMode') ?? 'none');
  const tunnel = String(settingIn(text, 'tunnelType') ?? 'geneve');
  const because = `ConfigMap antrea-config: trafficEncapMode ${mode}, tunnelType ${tunnel}, trafficEncryptionMode ${encryption}`;
  if (encryption.toLowerCase() === 'wireguard') return told('wireguard', because);
  const across = mode.toLowerCase() === 'hybrid';
  if (mode.toLowerCase() !== 'encap' && !across) return told('none', because);
  return told(tunnel === 'vxlan' || tunnel === 'geneve' ? tunnel : 'unknown', because, across);
}
