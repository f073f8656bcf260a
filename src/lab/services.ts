import {
  HOST_ADDRESS,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODEPORT_SPREAD,
  POD_NETWORK,
  POD_PORT,
  PODS,
} from './addresses.js';
import { command } from './command.js';
import { addProgram } from './program.js';
import { namespaceOf } from './state.js';

/** How the NodePort with several backends chooses one: by the flow, or at random for each connection. */
export type Spread = 'flow' | 'random';

/** Opens the NodePorts of `bad`: to its own pod, to the pod on `client` through the tunnel, and to all three pods. */
export function openNodePorts(lab: string): void {
  const bad = namespaceOf(lab, 'bad');
  // After the counter of flows and the end of the tunnel.
  addProgram(bad, 'eth0', 'ingress', 3, 'spread');
  const rules = [
    toPod(NODEPORT_LOCAL, POD_NETWORK.bad.pod),
    toPod(NODEPORT_REMOTE, POD_NETWORK.client.pod),
    ...spreadRules('flow'),
    // The pod on the other node must answer through here, where the translation can be undone.
    // biome-ignore format: one command line
    ['POSTROUTING', '-p', 'tcp', '-d', POD_NETWORK.client.pod, '--dport', String(POD_PORT),
      '-j', 'SNAT', '--to-source', POD_NETWORK.bad.node],
  ];
  const lines = ['*nat', ...rules.map((rule) => `-A ${rule.join(' ')}`), 'COMMIT'];
  command(['ip', 'netns', 'exec', bad, 'iptables-restore', '-w', '--noflush'], `${lines.join('\n')}\n`);
}

/** The rules that choose among the backends of the NodePort; those of `random` are as kube-proxy writes them. */
export function spreadRules(spread: Spread): string[][] {
  return PODS.map(({ address }, index) => {
    const left = PODS.length - index;
    // biome-ignore format: one match, one look
    const chosen = spread === 'flow' ? ['-m', 'mark', '--mark', String(index + 1)]
      : left === 1 ? []
      : ['-m', 'statistic', '--mode', 'random', '--probability', (1 / left).toFixed(5)];
    return toPod(NODEPORT_SPREAD, address, chosen);
  });
}

// biome-ignore format: one command line
const toPod = (port: number, pod: string, match: readonly string[] = []): string[] =>
  ['PREROUTING', '-p', 'tcp', '-d', HOST_ADDRESS.bad, '--dport', String(port), ...match,
    '-j', 'DNAT', '--to-destination', `${pod}:${POD_PORT}`];
