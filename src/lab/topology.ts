import { readdirSync } from 'node:fs';
import {
  fabricPort,
  GATEWAY_ADDRESS,
  HOST_ADDRESS,
  HOSTS,
  type HostName,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODES,
  type NodeName,
  PLACES,
  type Place,
  POD_LINK,
  POD_NETWORK,
  POD_PORT,
} from './addresses.js';
import { command, inNamespace, tryCommand } from './command.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';
import { joinNodes } from './tunnel.js';

/** CPU where stalls are made; everything that must not be disturbed stays on the other. */
export const STALL_CPU = 1;
export const QUIET_CPU = 0;
/**
 * Of the NAPI threads: above ordinary load of the machine and the holders of packets (60), whose order they must not
 * shuffle; below the hogs (80) and the log of gaps (90).
 */
const NAPI_PRIORITY = 70;

export function existingNamespaces(lab: string): string[] {
  try {
    const wanted = new Set<string>(PLACES.map((place) => namespaceOf(lab, place)));
    return readdirSync('/run/netns').filter((name) => wanted.has(name));
  } catch {
    return [];
  }
}

/** Makes all namespaces, links, routes and rules. Expects that none of them exists. */
export function buildTopology(lab: string, queues: number): { tunnel: 'ipip' | 'bpf' } {
  for (const place of PLACES) {
    const namespace = namespaceOf(lab, place);
    command(['ip', 'netns', 'add', namespace]);
    inNamespace(namespace, ['sysctl', '-q', '-w', ...kernelSettings(place)]);
    command(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
  }
  for (const host of HOSTS) {
    linkHost(lab, host, queues);
  }
  for (const node of NODES) {
    linkPod(lab, node);
  }
  const tunnel = joinNodes(lab);
  openNodePorts(lab);
  return { tunnel };
}

/** Removes the links first: at once, and even where a process that is not ours keeps a namespace alive. */
export function removeNamespaces(lab: string): void {
  const existing = existingNamespaces(lab);
  for (const place of ['fabric', ...NODES] as const) {
    if (existing.includes(namespaceOf(lab, place))) {
      for (const link of place === 'fabric' ? HOSTS.map(fabricPort) : [POD_LINK]) {
        // A lab that is up in part has only some of them.
        tryCommand(['ip', '-n', namespaceOf(lab, place), 'link', 'del', link]);
      }
    }
  }
  for (const namespace of existing) {
    command(['ip', 'netns', 'del', namespace]);
  }
}

function kernelSettings(place: Place): string[] {
  const forwards = place === 'fabric' || place === 'client' || place === 'bad';
  return [
    // Router solicitations and address detection would be packets that nobody asked for.
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
    `net.ipv4.ip_forward=${forwards ? 1 : 0}`,
    // Decapsulated packets arrive on an interface that their source is not routed to.
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
    'net.ipv4.conf.all.send_redirects=0',
    'net.ipv4.conf.default.send_redirects=0',
    // A stall ends with a burst of SYNs, which must neither overflow the queue nor be answered by cookies.
    'net.ipv4.tcp_max_syn_backlog=4096',
    'net.core.somaxconn=4096',
  ];
}

/** Locally administered addresses, fixed so that neighbours need no ARP, whose packets would be stalled too. */
const macAddress = (kind: number, index: number): string => `02:00:ac:10:0${kind}:${10 + index}`;

function linkHost(lab: string, host: HostName, queues: number): void {
  const fabric = namespaceOf(lab, 'fabric');
  const namespace = namespaceOf(lab, host);
  const port = fabricPort(host);
  const hostMac = macAddress(1, HOSTS.indexOf(host));
  const portMac = macAddress(2, HOSTS.indexOf(host));

  // biome-ignore format: one command line
  command(['ip', 'link', 'add', port, 'netns', fabric, 'address', portMac,
    'numtxqueues', String(queues), 'numrxqueues', '1', 'type', 'veth',
    'peer', 'name', 'eth0', 'netns', namespace, 'address', hostMac, 'numtxqueues', '1', 'numrxqueues', String(queues)]);
  // With segmentation offloads on the sending side veth hands packets over without the receiver's NAPI.
  // biome-ignore format: one command line
  inNamespace(fabric, ['ethtool', '-K', port, 'tso', 'off', 'gso', 'off', 'tx-tcp-ecn-segmentation', 'off',
    'tx-tcp-mangleid-segmentation', 'off', 'tx-tcp6-segmentation', 'off']);
  inNamespace(namespace, ['ethtool', '-K', 'eth0', 'gro', 'on']);
  command(['ip', '-n', fabric, 'address', 'add', `${GATEWAY_ADDRESS[host]}/24`, 'dev', port]);
  command(['ip', '-n', namespace, 'address', 'add', `${HOST_ADDRESS[host]}/24`, 'dev', 'eth0']);
  command(['ip', '-n', fabric, 'link', 'set', port, 'up']);
  command(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
  // Only a device that is up has NAPI instances to give threads to.
  inNamespace(namespace, ['sh', '-c', 'echo 1 > /sys/class/net/eth0/threaded']);
  // biome-ignore format: one command line
  command(['ip', '-n', fabric, 'neighbour', 'replace', HOST_ADDRESS[host], 'lladdr', hostMac, 'dev', port,
    'nud', 'permanent']);
  // biome-ignore format: one command line
  command(['ip', '-n', namespace, 'neighbour', 'replace', GATEWAY_ADDRESS[host], 'lladdr', portMac, 'dev', 'eth0',
    'nud', 'permanent']);
  command(['ip', '-n', namespace, 'route', 'add', 'default', 'via', GATEWAY_ADDRESS[host]]);
  addProgram(fabric, port, 'ingress', 1, 'rehash');
  addProgram(namespace, 'eth0', 'ingress', 1, 'flows');
}

function linkPod(lab: string, node: NodeName): void {
  const namespace = namespaceOf(lab, node);
  const pod = namespaceOf(lab, `pod-${node}`);
  const network = POD_NETWORK[node];
  const nodeMac = macAddress(3, NODES.indexOf(node));
  const podMac = macAddress(4, NODES.indexOf(node));

  // biome-ignore format: one command line
  command(['ip', 'link', 'add', POD_LINK, 'netns', namespace, 'address', nodeMac, 'type', 'veth',
    'peer', 'name', 'eth0', 'netns', pod, 'address', podMac]);
  command(['ip', '-n', namespace, 'address', 'add', `${network.node}/24`, 'dev', POD_LINK]);
  command(['ip', '-n', pod, 'address', 'add', `${network.pod}/24`, 'dev', 'eth0']);
  command(['ip', '-n', namespace, 'link', 'set', POD_LINK, 'up']);
  command(['ip', '-n', pod, 'link', 'set', 'eth0', 'up']);
  // biome-ignore format: one command line
  command(['ip', '-n', namespace, 'neighbour', 'replace', network.pod, 'lladdr', podMac, 'dev', POD_LINK,
    'nud', 'permanent']);
  // biome-ignore format: one command line
  command(['ip', '-n', pod, 'neighbour', 'replace', network.node, 'lladdr', nodeMac, 'dev', 'eth0',
    'nud', 'permanent']);
  command(['ip', '-n', pod, 'route', 'add', 'default', 'via', network.node]);
}

function openNodePorts(lab: string): void {
  const bad = namespaceOf(lab, 'bad');
  const toPod = (port: number, pod: string): void => {
    // biome-ignore format: one command line
    inNamespace(bad, ['iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-d', HOST_ADDRESS.bad,
      '--dport', String(port), '-j', 'DNAT', '--to-destination', `${pod}:${POD_PORT}`]);
  };
  toPod(NODEPORT_LOCAL, POD_NETWORK.bad.pod);
  toPod(NODEPORT_REMOTE, POD_NETWORK.client.pod);
  // The pod on the other node must answer through here, where the translation can be undone.
  // biome-ignore format: one command line
  inNamespace(bad, ['iptables', '-w', '-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '-d', POD_NETWORK.client.pod,
    '--dport', String(POD_PORT), '-j', 'SNAT', '--to-source', POD_NETWORK.bad.node]);
}

/** Gives the NAPI threads their place: on the quiet CPU, ahead of ordinary processes. */
export function placeThreads(threads: readonly number[]): void {
  for (const thread of threads) {
    command(['taskset', '-p', '-c', String(QUIET_CPU), String(thread)]);
    command(['chrt', '--fifo', '--pid', String(NAPI_PRIORITY), String(thread)]);
  }
}
