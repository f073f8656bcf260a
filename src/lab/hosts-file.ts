import {
  CLOSED_PORT,
  HOST_ADDRESS,
  HOSTS,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  POD_NETWORK,
  POD_PORT,
} from './addresses.js';
import { namespaceOf } from './state.js';

/** The lab as a hosts.yaml: what `--hosts` takes. */
export function hostsFile(lab: string): string {
  const vantages = HOSTS.map((host) => {
    const overlay = host === 'client' || host === 'bad' ? ', overlay: true' : '';
    return `  ${host}: { transport: netns, name: ${namespaceOf(lab, host)}${overlay} }`;
  });
  const { bad, client } = HOST_ADDRESS;
  return `# Hosts of the lab '${lab}', written by \`rxray lab up\`.
vantages:
${vantages.join('\n')}
targets:
  node: { kind: node, address: ${bad}, port: ${CLOSED_PORT}, vantage: bad }
  pod: { kind: pod, address: ${POD_NETWORK.bad.pod}, port: ${POD_PORT}, node: node, overlay: ipip }
  nodeport: { kind: nodeport, address: ${bad}, port: ${NODEPORT_LOCAL}, node: node, pod: pod }
  external: { kind: external, address: ${HOST_ADDRESS.external}, port: ${CLOSED_PORT} }
  node-remote: { kind: node, address: ${client}, port: ${CLOSED_PORT}, vantage: client }
  pod-remote: { kind: pod, address: ${POD_NETWORK.client.pod}, port: ${POD_PORT}, node: node-remote, overlay: ipip }
  nodeport-remote: { kind: nodeport, address: ${bad}, port: ${NODEPORT_REMOTE}, node: node, pod: pod-remote }
`;
}
