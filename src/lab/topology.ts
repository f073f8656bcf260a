import { readdirSync } from 'node:fs';
import {
  GATEWAY_ADDRESS,
  HOST_ADDRESS,
  HOSTS,
  type HostName,
  NODES,
  PLACES,
  type Place,
  POD_NETWORK,
  PODS,
  type Pod,
  routerOf,
  routerPort,
} from './addresses.js';
import { batch, command, inNamespace, tryBatch } from './command.js';
import { macAddress } from './mac-address.js';
import type { LabOverlay, Tunnel } from './overlay.js';
import { addProgram } from './program.js';
import { BOND, BOND_MAC, linkRack, linkTrunk, TO_BAD_NUMBER, UPLINK_ENDS } from './rack.js';
import { openNodePorts } from './services.js';
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
export function buildTopology(lab: string, queues: number, overlay: LabOverlay): Tunnel {
  const namespaces = PLACES.map((place) => ['netns', 'add', namespaceOf(lab, place)]);
  batch('ip', undefined, namespaces);
  for (const place of PLACES) {
    const namespace = namespaceOf(lab, place);
    inNamespace(namespace, ['sysctl', '-q', '-w', ...kernelSettings(place)]);
    command(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
  }
  for (const host of HOSTS) {
    linkHost(lab, host, queues);
  }
  linkRack(lab);
  for (const pod of PODS) {
    linkPod(lab, pod);
  }
  const tunnel = joinNodes(lab, overlay);
  openNodePorts(lab);
  return tunnel;
}

/** Removes the links first: at once, and even where a process that is not ours keeps a namespace alive. */
export function removeNamespaces(lab: string): void {
  const existing = existingNamespaces(lab);
  const links: readonly (readonly [Place, string])[] = [
    ...HOSTS.map((host) => [routerOf(host), routerPort(host)] as const),
    ...UPLINK_ENDS,
    ...PODS.map((pod) => [pod.node, pod.link] as const),
  ];
  // A lab that is up in part has only some of them.
  for (const namespace of existing) {
    const own = links.filter(([place]) => namespaceOf(lab, place) === namespace);
    tryBatch(
      namespace,
      own.map(([, link]) => ['link', 'del', link]),
    );
  }
  const all = existing.map((namespace) => ['netns', 'del', namespace]);
  if (all.length > 0) batch('ip', undefined, all);
}

const FORWARDING: readonly Place[] = ['fabric', 'spine', 'rack', ...NODES];

function kernelSettings(place: Place): string[] {
  const forwards = FORWARDING.includes(place);
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

function linkHost(lab: string, host: HostName, queues: number): void {
  const router = namespaceOf(lab, routerOf(host));
  const namespace = namespaceOf(lab, host);
  const port = routerPort(host);
  const hostMac = macAddress(1, HOSTS.indexOf(host));
  const portMac = macAddress(2, 1 + HOSTS.indexOf(host));
  const trunked = host === 'bad';

  // biome-ignore format: one command line
  command(['ip', 'link', 'add', port, ...(trunked ? ['index', String(TO_BAD_NUMBER)] : []), 'netns', router,
    'address', portMac, 'numtxqueues', String(queues), 'numrxqueues', '1', 'type', 'veth',
    'peer', 'name', 'eth0', 'netns', namespace, 'address', hostMac, 'numtxqueues', '1', 'numrxqueues', String(queues)]);
  // With segmentation offloads on the sending side veth hands packets over without the receiver's NAPI.
  // biome-ignore format: one command line
  inNamespace(router, ['ethtool', '-K', port, 'tso', 'off', 'gso', 'off', 'tx-tcp-ecn-segmentation', 'off',
    'tx-tcp-mangleid-segmentation', 'off', 'tx-tcp6-segmentation', 'off']);
  inNamespace(namespace, ['ethtool', '-K', 'eth0', 'gro', 'on']);
  const up = ['link', 'set', port, 'up'];
  batch('ip', router, trunked ? [up] : [['address', 'add', `${GATEWAY_ADDRESS[host]}/24`, 'dev', port], up]);
  const gateway = trunked ? { device: BOND, mac: BOND_MAC } : { device: port, mac: portMac };
  batch('ip', namespace, [
    ['address', 'add', `${HOST_ADDRESS[host]}/24`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    // biome-ignore format: one command line
    ['neighbour', 'replace', GATEWAY_ADDRESS[host], 'lladdr', gateway.mac, 'dev', 'eth0', 'nud', 'permanent'],
    ['route', 'add', 'default', 'via', GATEWAY_ADDRESS[host]],
  ]);
  // Only a device that is up has NAPI instances to give threads to.
  inNamespace(namespace, ['sh', '-c', 'echo 1 > /sys/class/net/eth0/threaded']);
  addProgram(router, port, 'ingress', 1, 'rehash');
  addProgram(namespace, 'eth0', 'ingress', 1, 'flows');
  if (trunked) linkTrunk(lab);
  // biome-ignore format: one command line
  command(['ip', '-n', router, 'neighbour', 'replace', HOST_ADDRESS[host], 'lladdr', hostMac, 'dev', gateway.device,
    'nud', 'permanent']);
}

function linkPod(lab: string, { place, node, address, link }: Pod): void {
  const namespace = namespaceOf(lab, node);
  const pod = namespaceOf(lab, place);
  const network = POD_NETWORK[node];
  const index = PODS.findIndex((one) => one.place === place);
  const nodeMac = macAddress(3, index);
  const podMac = macAddress(4, index);

  // biome-ignore format: one command line
  command(['ip', 'link', 'add', link, 'netns', namespace, 'address', nodeMac, 'type', 'veth',
    'peer', 'name', 'eth0', 'netns', pod, 'address', podMac]);
  // As Kubernetes' network plugins do where pods are routed: each pod has its own route, not a shared segment.
  batch('ip', pod, [
    ['address', 'add', `${address}/24`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    ['neighbour', 'replace', network.node, 'lladdr', nodeMac, 'dev', 'eth0', 'nud', 'permanent'],
    ['route', 'add', 'default', 'via', network.node],
  ]);
  batch('ip', namespace, [
    ...(address === network.pod ? [['address', 'add', `${network.node}/24`, 'dev', link]] : []),
    ['link', 'set', link, 'up'],
    ['route', 'replace', `${address}/32`, 'dev', link, 'src', network.node],
    ['neighbour', 'replace', address, 'lladdr', podMac, 'dev', link, 'nud', 'permanent'],
  ]);
}

/** Gives the NAPI threads their place: on the quiet CPU, ahead of ordinary processes. One shell does it for all. */
export function placeThreads(threads: readonly number[]): void {
  const place = `taskset -p -c ${QUIET_CPU} "$thread" && chrt --fifo --pid ${NAPI_PRIORITY} "$thread"`;
  command(['sh', '-c', `for thread; do ${place} || exit; done`, 'sh', ...threads.map(String)]);
}
