import type { ServiceProxy } from '../../model/cluster.js';
import type { ClusterObjects } from '../objects.js';
import { configMap, daemonSet, hasPodsOf, settingIn } from '../settings.js';

const MODES = new Set<string>(['iptables', 'ipvs', 'nftables', 'userspace']);

/** What translates addresses of services: by settings, then by arguments, then by who took kube-proxy's place. */
export function serviceProxy(objects: ClusterObjects): ServiceProxy {
  return byReplacement(objects) ?? bySettings(objects) ?? byArguments(objects) ?? bySilence(objects);
}

function byReplacement(objects: ClusterObjects): ServiceProxy | undefined {
  const replacement = configMap(objects, 'cilium-config')?.['kube-proxy-replacement'];
  if (replacement === 'true' || replacement === 'strict') {
    return { mode: 'ebpf', because: `ConfigMap cilium-config: kube-proxy-replacement: ${replacement}` };
  }
  if (objects.felix.some(({ spec }) => spec.bpfEnabled)) {
    return { mode: 'ebpf', because: 'FelixConfiguration: bpfEnabled: true' };
  }
  if (daemonSet(objects, 'anetd') !== undefined || hasPodsOf(objects, 'anetd')) {
    return { mode: 'ebpf', because: 'GKE Dataplane V2 (anetd) takes the place of kube-proxy' };
  }
  return undefined;
}

/** kubeadm keeps `config.conf` in `kube-proxy`, EKS `config` in `kube-proxy-config`. */
function bySettings(objects: ClusterObjects): ServiceProxy | undefined {
  for (const [name, key] of [
    ['kube-proxy-config', 'config'],
    ['kube-proxy', 'config.conf'],
  ] as const) {
    const text = configMap(objects, name)?.[key];
    if (text === undefined) continue;
    return modeOf(settingIn(text, 'mode'), `ConfigMap ${name}`);
  }
  return undefined;
}

function byArguments(objects: ClusterObjects): ServiceProxy | undefined {
  const containers = [
    ...(daemonSet(objects, 'kube-proxy')?.spec.template.spec.containers ?? []),
    // GKE runs it as a static pod on each node.
    ...objects.pods.filter(isKubeProxy).flatMap(({ spec }) => spec.containers),
  ];
  const [first] = containers;
  if (first === undefined) return undefined;
  const words = [...first.command, ...first.args].join(' ');
  const [, mode] = /--proxy-mode[= ](\w+)/.exec(words) ?? [];
  if (mode === undefined && /--config[= ]/.test(words)) {
    return { mode: 'unknown', because: 'kube-proxy runs, and the ConfigMap with its settings could not be read' };
  }
  return modeOf(mode, mode === undefined ? 'arguments of kube-proxy, which name none' : 'arguments of kube-proxy');
}

function bySilence(objects: ClusterObjects): ServiceProxy {
  const version = objects.nodes.some(({ metadata }) =>
    Object.keys(metadata.annotations).some((key) => key.startsWith('k3s.io/')),
  );
  return {
    mode: 'unknown',
    because: version
      ? 'k3s has kube-proxy inside itself, and no object tells how it is set'
      : 'neither kube-proxy nor what could take its place shows in what could be read',
  };
}

/** An empty mode is what Linux defaults to. */
function modeOf(mode: unknown, where: string): ServiceProxy {
  if (mode === undefined || mode === null || mode === '') {
    return { mode: 'iptables', because: `${where}: no mode, which means iptables on Linux` };
  }
  const named = String(mode);
  return {
    mode: MODES.has(named) ? (named as ServiceProxy['mode']) : 'unknown',
    because: `${where}: mode ${named}`,
  };
}

function isKubeProxy({ metadata }: ClusterObjects['pods'][number]): boolean {
  return metadata.labels.component === 'kube-proxy' || metadata.labels['k8s-app'] === 'kube-proxy';
}
