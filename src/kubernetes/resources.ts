import type * as z from 'zod';
import {
  type ClusterObjects,
  configMapObject,
  daemonSetObject,
  endpointSliceObject,
  felixObject,
  ipPoolObject,
  nodeObject,
  podObject,
  serviceObject,
} from './objects.js';

/** One kind of object that is read of a cluster. */
export interface Resource {
  readonly key: keyof ClusterObjects;
  /** As kubectl takes it, with its group where it is no core resource. */
  readonly name: string;
  /** As a List of kubectl names its items. */
  readonly kind: string;
  readonly group: string;
  readonly schema: z.ZodType;
  readonly namespaced: boolean;
  /** Only these are asked for, each by its name: `[namespace, name]`. */
  readonly only?: readonly (readonly [string, string])[];
  /** What is unknown without it, after "without it". */
  readonly otherwise: string;
  /** Of an add-on, which most clusters do not have. */
  readonly optional?: true;
}

/**
 * All that `discover` reads, and nothing else is ever asked for: Secrets are not here, and ConfigMaps only by the names
 * under which network plugins and kube-proxy keep their settings.
 */
export const RESOURCES: readonly Resource[] = [
  {
    key: 'nodes',
    name: 'nodes',
    kind: 'Node',
    group: '',
    schema: nodeObject,
    namespaced: false,
    otherwise: 'nodes are known only as far as pods run on them: one address each, no zone, no readiness',
  },
  {
    key: 'pods',
    name: 'pods',
    kind: 'Pod',
    group: '',
    schema: podObject,
    namespaced: true,
    otherwise: 'there are no pods to probe and none to probe from',
  },
  {
    key: 'services',
    name: 'services',
    kind: 'Service',
    group: '',
    schema: serviceObject,
    namespaced: true,
    otherwise: 'NodePorts and ClusterIPs are left out',
  },
  {
    key: 'endpointSlices',
    name: 'endpointslices.discovery.k8s.io',
    kind: 'EndpointSlice',
    group: 'discovery.k8s.io',
    schema: endpointSliceObject,
    namespaced: true,
    otherwise: 'it is not known which pod answers behind a NodePort or ClusterIP, so they are left out',
  },
  {
    key: 'daemonSets',
    name: 'daemonsets.apps',
    kind: 'DaemonSet',
    group: 'apps',
    schema: daemonSetObject,
    namespaced: true,
    otherwise: 'the network plugin is told by annotations and settings only',
  },
  {
    key: 'configMaps',
    name: 'configmaps',
    kind: 'ConfigMap',
    group: '',
    schema: configMapObject,
    namespaced: true,
    only: [
      ['kube-system', 'kube-proxy'],
      ['kube-system', 'kube-proxy-config'],
      ['kube-system', 'cilium-config'],
      ['kube-system', 'kube-flannel-cfg'],
      ['kube-flannel', 'kube-flannel-cfg'],
      ['kube-system', 'antrea-config'],
    ],
    otherwise: 'how kube-proxy, Cilium, Flannel and Antrea are set is told by arguments and annotations only',
  },
  {
    key: 'ipPools',
    name: 'ippools.crd.projectcalico.org',
    kind: 'IPPool',
    group: 'crd.projectcalico.org',
    schema: ipPoolObject,
    namespaced: false,
    otherwise: "Calico's overlay is told by annotations of the nodes only",
    optional: true,
  },
  {
    key: 'felix',
    name: 'felixconfigurations.crd.projectcalico.org',
    kind: 'FelixConfiguration',
    group: 'crd.projectcalico.org',
    schema: felixObject,
    namespaced: false,
    otherwise: "whether Calico's own eBPF takes the place of kube-proxy is not known",
    optional: true,
  },
];
