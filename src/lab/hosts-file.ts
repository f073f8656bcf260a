import type { Overlay } from '../model/overlay.js';
import {
  CLOSED_PORT,
  HOST_ADDRESS,
  HOSTS,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODEPORT_SPREAD,
  POD_NETWORK,
  POD_PORT,
  PODS,
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
