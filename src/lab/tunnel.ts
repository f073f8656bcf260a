import { CodedError } from '../model/errors.js';
import { GATEWAY_ADDRESS, HOST_ADDRESS, type NodeName, POD_NETWORK } from './addresses.js';
import { command, tryCommand } from './command.js';
import { macAddress } from './mac-address.js';
import { type LabOverlay, overlayBy, type Tunnel, UDP_PORT } from './overlay.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';

const NETWORK_ID = '20';
/** 1500 less the outer headers. */
const MTU: Readonly<Record<LabOverlay, string>> = { ipip: '1480', vxlan: '1450', geneve: '1450' };

/**
 * Joins the pods of the two nodes. IPIP is made by the kernel's own tunnel device where it has one, else by BPF
 * programs that put the outer header on as packets leave and take it off as they arrive. Whether it has one is tried,
 * never concluded from a version.
 *
 * @throws CodedError E_LAB_KERNEL where the kernel has no device for another overlay
 */
export function joinNodes(lab: string, overlay: LabOverlay): Tunnel {
  const made = addDevice(lab, overlay, 'client', 'bad') && addDevice(lab, overlay, 'bad', 'client');
  if (!made && overlay !== 'ipip') {
    const remedy = 'use --overlay ipip, which the lab can also make itself';
    throw new CodedError('E_LAB_KERNEL', `this kernel makes no ${overlay} device`, remedy, 4);
  }
  const tunnel = made ? overlay : 'bpf';
  routeToPods(lab, 'client', 'bad', tunnel);
  routeToPods(lab, 'bad', 'client', tunnel);
  return tunnel;
}

const deviceOf = (overlay: LabOverlay): string => `${overlay}0`;
/** Fixed, so that the nodes need no ARP through the tunnel. */
const tunnelMac = (node: NodeName): string => macAddress(6, node === 'client' ? 0 : 1);

function addDevice(lab: string, overlay: LabOverlay, from: NodeName, to: NodeName): boolean {
  const namespace = namespaceOf(lab, from);
  const device = deviceOf(overlay);
  const remote = ['remote', HOST_ADDRESS[to], 'ttl', '64'];
  const kind: Readonly<Record<LabOverlay, readonly string[]>> = {
    ipip: ['type', 'ipip', 'local', HOST_ADDRESS[from], ...remote],
    // biome-ignore format: one command line
    vxlan: ['address', tunnelMac(from), 'type', 'vxlan', 'id', NETWORK_ID, 'dstport', String(UDP_PORT.vxlan),
      'local', HOST_ADDRESS[from], ...remote],
    // biome-ignore format: one command line
    geneve: ['address', tunnelMac(from), 'type', 'geneve', 'id', NETWORK_ID, 'dstport', String(UDP_PORT.geneve),
      ...remote],
  };
  const added = tryCommand(['ip', '-n', namespace, 'link', 'add', device, ...kind[overlay]]);
  return added.status === 0 && tryCommand(['ip', '-n', namespace, 'link', 'set', device, 'up']).status === 0;
}

function routeToPods(lab: string, from: NodeName, to: NodeName, tunnel: Tunnel): void {
  const namespace = namespaceOf(lab, from);
  const { subnet, node: gateway } = POD_NETWORK[to];
  const source = POD_NETWORK[from].node;
  const route = (...by: readonly string[]): void => {
    // biome-ignore format: one command line
    command(['ip', '-n', namespace, 'route', 'add', subnet, ...by, 'mtu', MTU[overlayBy(tunnel)], 'src', source]);
  };
  switch (tunnel) {
    case 'ipip':
      route('dev', deviceOf(tunnel));
      return;
    case 'vxlan':
    case 'geneve':
      // biome-ignore format: one command line
      command(['ip', '-n', namespace, 'neighbour', 'replace', gateway, 'lladdr', tunnelMac(to), 'dev',
        deviceOf(tunnel), 'nud', 'permanent']);
      route('via', gateway, 'dev', deviceOf(tunnel), 'onlink');
      return;
    case 'bpf':
      tryCommand(['ip', '-n', namespace, 'link', 'del', deviceOf('ipip')]);
      route('via', GATEWAY_ADDRESS[from], 'dev', 'eth0');
      addProgram(namespace, 'eth0', 'egress', 1, 'encap');
      // After the count of flows, which looks inside the tunnel by itself.
      addProgram(namespace, 'eth0', 'ingress', 2, 'decap');
  }
}
