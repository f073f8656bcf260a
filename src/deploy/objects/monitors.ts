import { labels, NAME, SELECTOR } from '../parts.js';
import { type ObjectTemplate, value } from '../template.js';

/** `node` is the label by which a verdict of the fleet knows where a series comes from. */
const RELABEL = [{ sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'node' }];

export function podMonitor(): ObjectTemplate['object'] {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: NAME, labels: value('podMonitor.labels') },
    spec: {
      selector: { matchLabels: SELECTOR },
      podMetricsEndpoints: [{ port: 'metrics', interval: value('podMonitor.interval'), relabelings: RELABEL }],
    },
  };
}

export function serviceMonitor(): ObjectTemplate['object'] {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: NAME, labels: value('serviceMonitor.labels') },
    spec: {
      selector: { matchLabels: labels() },
      endpoints: [{ port: 'metrics', interval: value('podMonitor.interval'), relabelings: RELABEL }],
    },
  };
}
