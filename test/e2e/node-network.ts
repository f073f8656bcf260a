import { command, inNamespace, nativePath, tryCommand } from '../../src/lab/command.js';
import { addProgram } from '../../src/lab/program.js';
import { placeThreads } from '../../src/lab/topology.js';

export interface NodeNetworkShape {
  /** Receive queues of a node, each served by a kernel thread of its own; none for an ordinary veth. */
  readonly queues?: number;
  /** A pod behind each node, reached from the others through VXLAN, and a NodePort that leads to it. */
  readonly pods?: boolean;
}

export const NODEPORT = 30_927;
export const VXLAN_PORT = 4_789;
const POD_PORT = 8_080;
const NETWORK_ID = 96;

/** Nodes as network namespaces behind one router. The first is `node-1`. */
export class NodeNetwork {
  readonly router: string;
  readonly nodes: readonly string[];

  constructor(
    private readonly name: string,
    count: number,
    private readonly shape: NodeNetworkShape = {},
  ) {
    this.router = `${name}-r`;
    this.nodes = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  }

  namespace(node: string): string {
    return `${this.name}-${numberOf(node)}`;
  }

  address(node: string): string {
    return `10.96.${numberOf(node)}.2`;
  }

  pod(node: string): string {
    return `10.97.${numberOf(node)}.2`;
  }

  /** Of all namespaces, whether they are there or not. */
  get namespaces(): string[] {
    return [this.router, ...this.nodes.flatMap((node) => [this.namespace(node), this.#podNamespace(node)])];
  }

  up(): void {
    command(['ip', 'netns', 'add', this.router]);
    command(['ip', '-n', this.router, 'link', 'set', 'lo', 'up']);
    inNamespace(this.router, ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    for (const node of this.nodes) this.#link(node);
    if (this.shape.pods !== true) return;
    for (const node of this.nodes) this.#addPod(node);
    for (const node of this.nodes) this.#joinPods(node);
  }

  down(): void {
    for (const namespace of this.namespaces) tryCommand(['ip', 'netns', 'del', namespace]);
  }

  /** Kernel threads that serve the receive queues of a node, in their order. */
  queueThreads(node: string): number[] {
    const text = command([nativePath('rxray-lab-queues'), 'threads', this.namespace(node), 'eth0']);
    return (JSON.parse(text) as { readonly tid: number }[]).map(({ tid }) => tid);
  }

  #link(node: string): void {
    const namespace = this.namespace(node);
    const number = numberOf(node);
    const port = `to${number}`;
    const { queues = 0 } = this.shape;
    const many = (tx: number, rx: number): string[] =>
      queues === 0 ? [] : ['numtxqueues', String(tx), 'numrxqueues', String(rx)];
    command(['ip', 'netns', 'add', namespace]);
    command(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
    // biome-ignore format: one command line
    command(['ip', 'link', 'add', port, 'netns', this.router, ...many(queues, 1), 'type', 'veth',
      'peer', 'name', 'eth0', 'netns', namespace, ...many(1, queues)]);
    command(['ip', '-n', namespace, 'address', 'add', `${this.address(node)}/24`, 'dev', 'eth0']);
    command(['ip', '-n', this.router, 'address', 'add', `10.96.${number}.1/24`, 'dev', port]);
    if (queues > 0) {
      // With segmentation offloads on the sending side veth hands packets over without the receiver's NAPI.
      // biome-ignore format: one command line
      inNamespace(this.router, ['ethtool', '-K', port, 'tso', 'off', 'gso', 'off', 'tx-tcp-ecn-segmentation', 'off',
        'tx-tcp-mangleid-segmentation', 'off', 'tx-tcp6-segmentation', 'off']);
      inNamespace(namespace, ['ethtool', '-K', 'eth0', 'gro', 'on']);
    }
    command(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
    command(['ip', '-n', this.router, 'link', 'set', port, 'up']);
    command(['ip', '-n', namespace, 'route', 'add', 'default', 'via', `10.96.${number}.1`]);
    if (queues === 0) return;
    // Only a device that is up has NAPI instances to give threads to.
    inNamespace(namespace, ['sh', '-c', 'echo 1 > /sys/class/net/eth0/threaded']);
    addProgram(this.router, port, 'ingress', 1, 'rehash');
    placeThreads(this.queueThreads(node));
  }

  #addPod(node: string): void {
    const [namespace, pod] = [this.namespace(node), this.#podNamespace(node)];
    const number = numberOf(node);
    command(['ip', 'netns', 'add', pod]);
    command(['ip', '-n', pod, 'link', 'set', 'lo', 'up']);
    command(['ip', 'link', 'add', 'pod', 'netns', namespace, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod]);
    command(['ip', '-n', namespace, 'address', 'add', `10.97.${number}.1/24`, 'dev', 'pod']);
    command(['ip', '-n', pod, 'address', 'add', `${this.pod(node)}/24`, 'dev', 'eth0']);
    command(['ip', '-n', namespace, 'link', 'set', 'pod', 'up']);
    command(['ip', '-n', pod, 'link', 'set', 'eth0', 'up']);
    command(['ip', '-n', pod, 'route', 'add', 'default', 'via', `10.97.${number}.1`]);
    inNamespace(namespace, ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0']);
    // biome-ignore format: one command line
    inNamespace(namespace, ['iptables', '-w', '-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-d', this.address(node),
      '--dport', String(NODEPORT), '-j', 'DNAT', '--to-destination', `${this.pod(node)}:${POD_PORT}`]);
    // biome-ignore format: one command line
    command(['ip', '-n', namespace, 'link', 'add', 'vxlan0', 'address', tunnelMac(node), 'type', 'vxlan',
      'id', String(NETWORK_ID), 'dstport', String(VXLAN_PORT), 'local', this.address(node), 'nolearning']);
    command(['ip', '-n', namespace, 'link', 'set', 'vxlan0', 'up']);
  }

  #joinPods(node: string): void {
    const namespace = this.namespace(node);
    for (const other of this.nodes) {
      if (other === node) continue;
      const gateway = `10.97.${numberOf(other)}.1`;
      // biome-ignore format: one command line
      inNamespace(namespace, ['bridge', 'fdb', 'append', tunnelMac(other), 'dev', 'vxlan0', 'dst', this.address(other)]);
      // biome-ignore format: one command line
      command(['ip', '-n', namespace, 'neighbour', 'replace', gateway, 'lladdr', tunnelMac(other), 'dev', 'vxlan0',
        'nud', 'permanent']);
      // biome-ignore format: one command line
      command(['ip', '-n', namespace, 'route', 'add', `10.97.${numberOf(other)}.0/24`, 'via', gateway, 'dev', 'vxlan0',
        'onlink', 'src', `10.97.${numberOf(node)}.1`]);
    }
  }

  #podNamespace(node: string): string {
    return `${this.name}-${numberOf(node)}p`;
  }
}

function numberOf(node: string): number {
  return Number(node.replace('node-', ''));
}

/** Fixed, so that the nodes need no ARP through the tunnel. */
function tunnelMac(node: string): string {
  return `02:00:0a:61:00:${numberOf(node).toString(16).padStart(2, '0')}`;
}
