import { labels, partName, SELECTOR } from '../parts.js';
import { type ObjectTemplate, set, unset, value, when } from '../template.js';
import { selectorOf } from './daemon-set.js';

const API = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' } as const;

/** It answers whoever probes it, and begins nothing. A rule without ports is the one that lets ICMP pass. */
export function companionPolicy(): ObjectTemplate['object'] {
  return {
    ...API,
    metadata: { name: partName('companion'), labels: labels('companion') },
    spec: {
      podSelector: { matchLabels: selectorOf('companion') },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{}],
      egress: [],
    },
  };
}

/** An agent on the pod network: other agents both ways, metrics in, the API and names out. */
export function restrictedPolicy(): ObjectTemplate['object'] {
  const metrics = [{ port: value('agent.port'), protocol: 'TCP' }];
  return {
    ...API,
    metadata: { name: partName('restricted'), labels: labels('restricted') },
    spec: {
      podSelector: { matchLabels: selectorOf('restricted') },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: SELECTOR } }] },
        when(set('networkPolicy.metricsFrom'), { ports: metrics, from: value('networkPolicy.metricsFrom') }),
        when(unset('networkPolicy.metricsFrom'), { ports: metrics }),
        // Its NodePort is probed from nodes, whose addresses are nobody's pods.
        when(set('paths.nodePort'), { ports: metrics }),
      ],
      egress: [
        { to: [{ podSelector: { matchLabels: SELECTOR } }] },
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
        // The API server, wherever it is, and nodes and NodePorts that are probed.
        { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }] },
      ],
    },
  };
}
