import type { Overlay } from './overlay.js';

/** What carries packets between the pods of a cluster, as far as it can be told from outside. */
export interface PodNetwork {
  /** `calico`, `flannel`, `aws-vpc-cni` …; `unknown` where nothing tells. */
  readonly plugin: string;
  /** `none`: pods are routed like machines; `unknown` is not `none`. */
  readonly overlay: Overlay | 'none' | 'unknown';
  /** The overlay is used only between nodes of different subnets. */
  readonly acrossSubnetsOnly: boolean;
  /** By which object or annotation, in words. */
  readonly because: string;
}

/** What translates the addresses of services. */
export interface ServiceProxy {
  readonly mode: 'iptables' | 'ipvs' | 'nftables' | 'ebpf' | 'userspace' | 'unknown';
  /** By which object, in words. */
  readonly because: string;
}

export interface ClusterNode {
  readonly name: string;
  /** Addresses inside the cluster's own network, IPv4 before IPv6. */
  readonly addresses: readonly string[];
  /** Addresses by which it is reached from outside, where it has such. */
  readonly externalAddresses: readonly string[];
  /** The node's own network, `10.0.0.0/24`, where an annotation tells it. */
  readonly subnet: string | undefined;
  readonly zone: string | undefined;
  /** undefined where nodes could not be read. */
  readonly ready: boolean | undefined;
  readonly cordoned: boolean;
}

export interface ClusterPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  readonly node: string;
  readonly addresses: readonly string[];
  readonly hostNetwork: boolean;
  readonly ready: boolean;
  /** Of a DaemonSet: one a node, under a name that changes. */
  readonly daemonSet: string | undefined;
  /** A static pod, which takes no debug container. */
  readonly mirror: boolean;
  /** Of rxray itself: which part. */
  readonly rxray: string | undefined;
  readonly tcpPorts: readonly number[];
}

/** One TCP port of a service. */
export interface ClusterServicePort {
  readonly namespace: string;
  readonly service: string;
  readonly clusterAddresses: readonly string[];
  readonly port: number;
  readonly nodePort: number | undefined;
  /** A NodePort leads to pods of its own node only. */
  readonly localOnly: boolean;
  /** A ClusterIP leads to pods of the sender's own node only. */
  readonly internalLocalOnly: boolean;
  /** Ready pods behind it, each `namespace/name`; undefined where that could not be read. */
  readonly backends: readonly string[] | undefined;
}

/** A cluster as `discover` sees it. */
export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly ClusterPod[];
  readonly servicePorts: readonly ClusterServicePort[];
  readonly network: PodNetwork;
  readonly proxy: ServiceProxy;
}
