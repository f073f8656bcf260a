/** Names and addresses of the lab, those of the 2019 incident. The native side has its share in `overlay.h`. */

/** Machines that probes can start from. */
export const HOSTS = ['shell', 'client', 'bad', 'external'] as const;
export type HostName = (typeof HOSTS)[number];

/**
 * Everything that has a network namespace of its own. `fabric` is the router that joins all, `rack` the one in front of
 * `bad`: two ways of equal cost lead there, one of them through the router `spine`, and an aggregated pair from there to
 * the node.
 */
export const PLACES = ['fabric', 'spine', 'rack', ...HOSTS, 'pod-client', 'pod-bad', 'pod-bad-b'] as const;
export type Place = (typeof PLACES)[number];

/** Cluster nodes: the hosts with a pod behind them and a tunnel between them. */
export const NODES = ['client', 'bad'] as const;
export type NodeName = (typeof NODES)[number];

export const HOST_ADDRESS: Record<HostName, string> = {
  shell: '172.16.99.10',
  client: '172.16.53.32',
  bad: '172.16.47.27',
  external: '172.16.33.44',
};

/** The router's address on the link of each host: the host's default gateway. */
export const GATEWAY_ADDRESS: Record<HostName, string> = {
  shell: '172.16.99.1',
  client: '172.16.53.1',
  bad: '172.16.47.1',
  external: '172.16.33.1',
};

export interface PodNetwork {
  /** Of all pods on the node. */
  readonly subnet: string;
  /** The node's own address in it: the pods' gateway and the source of what the node sends into the tunnel. */
  readonly node: string;
  readonly pod: string;
}

export const POD_NETWORK: Record<NodeName, PodNetwork> = {
  client: { subnet: '10.125.21.0/24', node: '10.125.21.1', pod: '10.125.21.64' },
  bad: { subnet: '10.125.20.0/24', node: '10.125.20.1', pod: '10.125.20.64' },
};

export const POD_PORT = 8080;
/** Nobody listens there: a SYN is answered by a RST, as in 2019. */
export const CLOSED_PORT = 9876;
/** NodePort of `bad` that leads to its own pod. */
export const NODEPORT_LOCAL = 30927;
/** NodePort of `bad` that leads to the pod on `client`, through the tunnel. */
export const NODEPORT_REMOTE = 30928;
/** NodePort of `bad` with three backends: its two pods and the one on `client`. */
export const NODEPORT_SPREAD = 30929;

/** The web server on `bad`, and the resolver on `external`, which answers every name with the address of the former. */
export const WEB_PORT = 8088;
export const NAMES_PORT = 53;
export const LOOKED_UP = 'www.lab.example';

/** The router's end of a host's link. */
export const routerPort = (host: HostName): string => `to-${host}`;
/** The router that a host is linked to. */
export const routerOf = (host: HostName): 'fabric' | 'rack' => (host === 'bad' ? 'rack' : 'fabric');

export interface Pod {
  readonly place: Place;
  readonly node: NodeName;
  readonly address: string;
  /** The node's end of the pod's link. */
  readonly link: string;
}

export const PODS: readonly Pod[] = [
  { place: 'pod-client', node: 'client', address: POD_NETWORK.client.pod, link: 'to-pod' },
  { place: 'pod-bad', node: 'bad', address: POD_NETWORK.bad.pod, link: 'to-pod' },
  { place: 'pod-bad-b', node: 'bad', address: '10.125.20.65', link: 'to-pod-b' },
];

export const isHost = (name: string): name is HostName => (HOSTS as readonly string[]).includes(name);
