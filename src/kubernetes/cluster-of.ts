import { isIP, isIPv4 } from 'node:net';
import type { Cluster, ClusterNode, ClusterPod, ClusterServicePort } from '../model/cluster.js';
import { podNetwork } from './networks/pod-network.js';
import { serviceProxy } from './networks/service-proxy.js';
import type { ClusterObjects, NodeObject, PodObject, ServiceObject } from './objects.js';
import { subnetOf } from './subnet.js';

const ZONE_LABELS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];
/** The labels by which pods of rxray are known, as `deploy/` sets them. */
const RXRAY_LABEL = ['app.kubernetes.io/name', 'rxray'] as const;
const COMPONENT_LABEL = 'app.kubernetes.io/component';

/** The cluster that these objects describe. */
export function clusterOf(objects: ClusterObjects): Cluster {
  const pods = objects.pods.flatMap(podOf).sort(byName);
  return {
    nodes: nodesOf(objects, pods),
    pods,
    servicePorts: objects.services.flatMap((service) => servicePortsOf(service, objects)),
    network: podNetwork(objects),
    proxy: serviceProxy(objects),
  };
}

function nodesOf(objects: ClusterObjects, pods: readonly ClusterPod[]): ClusterNode[] {
  const known = new Map(objects.nodes.map((node) => [node.metadata.name, nodeOf(node)]));
  // Where nodes may not be listed, the pods on them still tell where they are.
  for (const { spec, status } of objects.pods) {
    const { nodeName } = spec;
    if (nodeName === undefined || known.has(nodeName) || status.hostIP === undefined) continue;
    if (objects.nodes.length > 0 || !pods.some(({ node }) => node === nodeName)) continue;
    known.set(nodeName, {
      name: nodeName,
      addresses: [status.hostIP],
      externalAddresses: [],
      subnet: undefined,
      zone: undefined,
      ready: undefined,
      cordoned: false,
    });
  }
  return [...known.values()].filter(({ addresses }) => addresses.length > 0).sort(byName);
}

function nodeOf({ metadata, spec, status }: NodeObject): ClusterNode {
  const ofType = (type: string): string[] =>
    status.addresses.filter((one) => one.type === type && isIP(one.address) !== 0).map(({ address }) => address);
  const internal = ofType('InternalIP');
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  return {
    name: metadata.name,
    addresses: fourFirst(internal.length > 0 ? internal : ofType('ExternalIP')),
    externalAddresses: internal.length > 0 ? fourFirst(ofType('ExternalIP')) : [],
    subnet: subnetOf(metadata.annotations['projectcalico.org/IPv4Address']),
    zone: ZONE_LABELS.map((label) => metadata.labels[label]).find((zone) => zone !== undefined && zone !== ''),
    ready: ready === undefined ? undefined : ready.status === 'True',
    cordoned: spec.unschedulable,
  };
}

/** A pod that has an address; one that is over or on its way out is none. */
function podOf({ metadata, spec, status }: PodObject): ClusterPod[] {
  const addresses = [...new Set([status.podIP, ...status.podIPs.map(({ ip }) => ip)])].filter(
    (address): address is string => address !== undefined && isIP(address) !== 0,
  );
  if (spec.nodeName === undefined || addresses.length === 0) return [];
  if (status.phase !== 'Running' || metadata.deletionTimestamp !== undefined) return [];
  const owner = metadata.ownerReferences.find(({ kind }) => kind === 'DaemonSet');
  return [
    {
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      uid: metadata.uid,
      node: spec.nodeName,
      addresses: fourFirst(addresses),
      hostNetwork: spec.hostNetwork,
      ready: status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      daemonSet: owner?.name,
      mirror: metadata.annotations['kubernetes.io/config.mirror'] !== undefined,
      rxray: metadata.labels[RXRAY_LABEL[0]] === RXRAY_LABEL[1] ? (metadata.labels[COMPONENT_LABEL] ?? '') : undefined,
      tcpPorts: spec.containers.flatMap(({ ports }) =>
        ports.filter(({ protocol }) => protocol === 'TCP').map(({ containerPort }) => containerPort),
      ),
    },
  ];
}

function servicePortsOf({ metadata, spec }: ServiceObject, objects: ClusterObjects): ClusterServicePort[] {
  const namespace = metadata.namespace ?? 'default';
  const addresses = [...new Set([spec.clusterIP, ...spec.clusterIPs])].filter(
    (address): address is string => address !== undefined && isIP(address) !== 0,
  );
  const slices = objects.endpointSlices.filter(
    (slice) =>
      (slice.metadata.namespace ?? 'default') === namespace &&
      slice.metadata.labels['kubernetes.io/service-name'] === metadata.name,
  );
  return spec.ports
    .filter(({ protocol }) => protocol === 'TCP')
    .map(({ name, port, nodePort }) => {
      const backends = slices
        .filter((slice) => (slice.ports ?? []).some((one) => (one.name ?? '') === (name ?? '')))
        .flatMap((slice) => slice.endpoints ?? [])
        // An unknown readiness counts as ready, as the API says.
        .filter(({ conditions }) => conditions.ready !== false)
        // A backend that is no pod is one all the same: it is only not known where it is.
        .map(({ targetRef, addresses: [first = ''] }) => `${namespace}/${targetRef?.name ?? first}`);
      return {
        namespace,
        service: metadata.name,
        clusterAddresses: fourFirst(addresses),
        port,
        nodePort,
        localOnly: spec.externalTrafficPolicy === 'Local',
        internalLocalOnly: spec.internalTrafficPolicy === 'Local',
        backends: slices.length === 0 ? undefined : [...new Set(backends)],
      };
    });
}

function fourFirst(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].sort((one, other) => Number(isIPv4(other)) - Number(isIPv4(one)));
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
