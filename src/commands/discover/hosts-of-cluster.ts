import type { Hosts } from '../../hosts/hosts-file.js';
import type { Cluster, ClusterNode, ClusterPod } from '../../model/cluster.js';
import { present } from '../../model/present.js';
import { targetPod, tracingPodOf, type VantageWay, vantagePod } from './chosen-pods.js';
import { overlaysBetween } from './overlays-between.js';
import { type ServiceTarget, serviceTargets } from './service-targets.js';

export interface ExternalTarget {
  readonly name: string;
  readonly address: string;
  readonly port?: number | undefined;
}

export interface HostsChoice {
  /** Names of nodes, in the order in which they are to stand there. */
  readonly nodes: readonly string[];
  /** Pods that are to be probed as their nodes' pods; elsewhere the usual choice. */
  readonly pods?: readonly ClusterPod[] | undefined;
  readonly way: VantageWay;
  /** Whether this machine probes too. */
  readonly here: boolean;
  readonly externals: readonly ExternalTarget[];
  /** Of the kubeconfig, where it is not the current one. */
  readonly context?: string | undefined;
  /** Of debug containers. */
  readonly image?: string | undefined;
}

export interface DiscoveredHosts {
  readonly hosts: Hosts;
  /** What the file leaves out, and why. */
  readonly notes: readonly string[];
}

/** The container of rxray's pods that has the helpers. */
export const AGENT_CONTAINER = 'agent';

/** A hosts file for these nodes of a cluster. */
export function hostsOfCluster(cluster: Cluster, choice: HostsChoice): DiscoveredHosts {
  const nodes = choice.nodes.flatMap((name) => cluster.nodes.filter((node) => node.name === name));
  const notes: string[] = [];
  const vantages: Hosts['vantages'] = choice.here ? { here: { transport: 'local', overlay: false } } : {};
  const targets: Hosts['targets'] = {};
  const pods = new Map<string, ClusterPod>();
  const sources: ClusterNode[] = [];
  for (const node of nodes) {
    const vantage = vantagePod(cluster, node.name, choice.way);
    if (vantage !== undefined) {
      vantages[node.name] = kubectlVantage(vantage, tracingPodOf(cluster, vantage), choice);
      sources.push(node);
    }
    addNode(node, vantage?.hostNetwork === true, targets);
    const pod = choice.pods?.find((one) => one.node === node.name && !one.hostNetwork) ?? targetPod(cluster, node.name);
    if (pod !== undefined) pods.set(node.name, pod);
  }
  const services = serviceTargets(
    cluster,
    nodes.map(({ name }) => name),
  );
  const podNames = new Map<string, string>();
  const overlays = overlaysBetween(cluster.network, sources, nodes);
  const addPod = (pod: ClusterPod, name: string): void => {
    if (podNames.has(`${pod.namespace}/${pod.name}`)) return;
    podNames.set(`${pod.namespace}/${pod.name}`, name);
    pod.addresses.forEach((address, index) => {
      targets[index === 0 ? name : `${name}-v6`] = {
        kind: 'pod',
        address,
        ...present({ port: pod.tcpPorts[0] }),
        node: pod.node,
        ...overlayKey(overlays.of(pod.node)),
      };
    });
  };
  for (const [node, pod] of pods) addPod(pod, `pod-${node}`);
  for (const { backend } of services.found) addPod(backend, `pod-${backend.namespace}-${backend.name}`);
  for (const service of services.found) addService(service, nodes, podNames, targets);
  for (const { name, address, port } of choice.externals) {
    targets[name] = { kind: 'external', address, ...present({ port }) };
  }
  if (choice.here) targets.loopback = { kind: 'control', address: '127.0.0.1' };
  notes.push(...overlays.notes, ...services.notes, ...vantageNotes(cluster, nodes, sources, choice));
  return { hosts: { vantages, targets }, notes };
}

function addNode({ name, addresses }: ClusterNode, isVantage: boolean, targets: Hosts['targets']): void {
  addresses.forEach((address, index) => {
    targets[index === 0 ? name : furtherName(name, address, index)] = {
      kind: 'node',
      address,
      ...(index > 0 ? { node: name } : isVantage ? { vantage: name } : {}),
    };
  });
}

function furtherName(name: string, address: string, index: number): string {
  return address.includes(':') ? `${name}-v6${index > 1 ? `-${index}` : ''}` : `${name}-${index + 1}`;
}

function kubectlVantage(
  pod: ClusterPod,
  tracer: ClusterPod | undefined,
  { way, context, image }: HostsChoice,
): Hosts['vantages'][string] {
  return {
    transport: 'kubectl',
    namespace: pod.namespace,
    pod: pod.name,
    ...(way === 'agents' ? { container: AGENT_CONTAINER } : { debug: true }),
    ...(way === 'debug' && image !== undefined ? { image } : {}),
    ...present({ context, tracer: tracer?.name }),
    overlay: true,
  };
}

function overlayKey(overlay: Hosts['targets'][string]['overlay'] | undefined) {
  return present({ overlay });
}

function addService(
  { port: service, entrance, backend }: ServiceTarget,
  nodes: readonly ClusterNode[],
  podNames: ReadonlyMap<string, string>,
  targets: Hosts['targets'],
): void {
  const pod = podNames.get(`${backend.namespace}/${backend.name}`);
  if (pod === undefined) return;
  if (entrance === undefined) {
    const [address] = service.clusterAddresses;
    if (address === undefined) return;
    targets[`service-${service.namespace}-${service.service}-${service.port}`] = {
      kind: 'service',
      address,
      port: service.port,
      node: backend.node,
      pod,
    };
    return;
  }
  const address = nodes.find(({ name }) => name === entrance)?.addresses[0];
  if (address === undefined || service.nodePort === undefined) return;
  targets[`nodeport-${entrance}-${service.nodePort}`] = {
    kind: 'nodeport',
    address,
    port: service.nodePort,
    node: entrance,
    pod,
  };
}

function vantageNotes(
  cluster: Cluster,
  nodes: readonly ClusterNode[],
  sources: readonly ClusterNode[],
  { way }: HostsChoice,
): string[] {
  const without = nodes.filter((node) => !sources.includes(node)).map(({ name }) => name);
  if (without.length === 0) return [];
  const names =
    without.length > 5 ? `${without.slice(0, 5).join(', ')} and ${without.length - 5} more` : without.join(', ');
  if (way === 'debug') return [`no pod runs on ${names} that a debug container could be added to: no vantage there`];
  const restricted = cluster.pods.some(({ rxray }) => rxray === 'restricted');
  const why = restricted
    ? 'agents of the restricted tier may not send raw packets'
    : cluster.pods.some(({ rxray }) => rxray !== undefined)
      ? 'no ready agent of the probe tier'
      : 'rxray is not installed in this cluster';
  return [`no vantage on ${names}: ${why}; --debug adds a debug container to a pod that is there (kubectl debug)`];
}
