import { GATEWAY_ADDRESS, HOST_ADDRESS, type NodeName, POD_NETWORK } from './addresses.js';
import { command, tryCommand } from './command.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';

const DEVICE = 'ipip0';
/** 1500 less the outer header. */
const MTU = '1480';

/**
 * Joins the pods of the two nodes by IPIP: with the kernel's own tunnel device where it has one, else with BPF
 * programs that put the outer header on as packets leave and take it off as they arrive. Whether it has one is
 * tried, never concluded from a version.
 */
export function joinNodes(lab: string): 'ipip' | 'bpf' {
  const kind = addDevice(lab, 'client', 'bad') && addDevice(lab, 'bad', 'client') ? 'ipip' : 'bpf';
  routeToPods(lab, 'client', 'bad', kind);
  routeToPods(lab, 'bad', 'client', kind);
  return kind;
}

function addDevice(lab: string, from: NodeName, to: NodeName): boolean {
  const namespace = namespaceOf(lab, from);
  // biome-ignore format: one command line
  const added = tryCommand(['ip', '-n', namespace, 'link', 'add', DEVICE, 'type', 'ipip',
    'local', HOST_ADDRESS[from], 'remote', HOST_ADDRESS[to], 'ttl', '64']);
  return added.status === 0 && tryCommand(['ip', '-n', namespace, 'link', 'set', DEVICE, 'up']).status === 0;
}

function routeToPods(lab: string, from: NodeName, to: NodeName, kind: 'ipip' | 'bpf'): void {
  const namespace = namespaceOf(lab, from);
  const subnet = POD_NETWORK[to].subnet;
  const source = POD_NETWORK[from].node;

  if (kind === 'ipip') {
    command(['ip', '-n', namespace, 'route', 'add', subnet, 'dev', DEVICE, 'mtu', MTU, 'src', source]);
    return;
  }
  tryCommand(['ip', '-n', namespace, 'link', 'del', DEVICE]);
  // biome-ignore format: one command line
  command(['ip', '-n', namespace, 'route', 'add', subnet, 'via', GATEWAY_ADDRESS[from], 'dev', 'eth0', 'mtu', MTU,
    'src', source]);
  addProgram(namespace, 'eth0', 'egress', 1, 'encap');
  // After the count of flows, which looks inside the tunnel by itself.
  addProgram(namespace, 'eth0', 'ingress', 2, 'decap');
}
