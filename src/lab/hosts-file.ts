import type { Overlay } from '../model/overlay.js';
import {
  CLOSED_PORT,
  HOST_ADDRESS,
  HOSTS,
  LOOKED_UP,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODEPORT_SPREAD,
  POD_NETWORK,
  POD_PORT,
  PODS,
  WEB_PORT,
} from './addresses.js';
import { namespaceOf } from './state.js';

export interface HostsFileOptions {
  /** With the NodePort of three pods, and the second pod on `bad`: a target whose flows go to different pods. */
  readonly backends?: boolean;
  readonly overlay?: Overlay;
}

/** The lab as a hosts.yaml: what `--hosts` takes. */
export function hostsFile(lab: string, { backends = false, overlay = 'ipip' }: HostsFileOptions = {}): string {
  const vantages = HOSTS.map((host) => {
    const overlay = host === 'client' || host === 'bad' ? ', overlay: true' : '';
    return `  ${host}: { transport: netns, name: ${namespaceOf(lab, host)}${overlay} }`;
  });
  const { bad, client } = HOST_ADDRESS;
  const second = PODS.find(({ place }) => place === 'pod-bad-b')?.address;
  const spread = `  pod-b: { kind: pod, address: ${second}, port: ${POD_PORT}, node: node, overlay: ${overlay} }
  nodeport-spread: { kind: nodeport, address: ${bad}, port: ${NODEPORT_SPREAD}, node: node, backends: 3 }
`;
  return `# Hosts of the lab '${lab}', written by \`rxray lab up\`.
vantages:
${vantages.join('\n')}
targets:
  node: { kind: node, address: ${bad}, port: ${CLOSED_PORT}, vantage: bad }
  pod: { kind: pod, address: ${POD_NETWORK.bad.pod}, port: ${POD_PORT}, node: node, overlay: ${overlay} }
  nodeport: { kind: nodeport, address: ${bad}, port: ${NODEPORT_LOCAL}, node: node, pod: pod }
  external: { kind: external, address: ${HOST_ADDRESS.external}, port: ${CLOSED_PORT} }
  node-remote: { kind: node, address: ${client}, port: ${CLOSED_PORT}, vantage: client }
  pod-remote: { kind: pod, address: ${POD_NETWORK.client.pod}, port: ${POD_PORT}, node: node-remote, overlay: ${overlay} }
  nodeport-remote: { kind: nodeport, address: ${bad}, port: ${NODEPORT_REMOTE}, node: node, pod: pod-remote }
${backends ? spread : ''}`;
}

/** The servers of the lab as targets of requests, with packets to the same machines beside them. */
export function requestsHostsFile(lab: string): string {
  const { bad, external } = HOST_ADDRESS;
  return `# What serves in the lab '${lab}', written by \`rxray lab up\`.
vantages:
${HOSTS.map((host) => `  ${host}: { transport: netns, name: ${namespaceOf(lab, host)} }`).join('\n')}
targets:
  node: { kind: node, address: ${bad}, vantage: bad, url: 'http://${bad}:${WEB_PORT}/' }
  names: { kind: node, address: ${external}, vantage: external, lookup: ${LOOKED_UP} }
paths:
  - { from: shell, to: node, probe: http }
  - { from: shell, to: node, probe: syn }
  - { from: shell, to: node, probe: icmp }
  - { from: client, to: node, probe: syn }
  - { from: client, to: node, probe: icmp }
  - { from: shell, to: names, probe: dns }
  - { from: shell, to: names, probe: syn }
  - { from: shell, to: names, probe: icmp }
  - { from: client, to: names, probe: icmp }
`;
}
