import { labels, NAME, type Part, SELECTOR } from '../parts.js';
import { type ObjectTemplate, value } from '../template.js';
import { selectorOf } from './daemon-set.js';

/** All agents by name, without an address of its own: for DNS and for a ServiceMonitor. */
export function headlessService(): ObjectTemplate['object'] {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, labels: labels() },
    spec: {
      clusterIP: 'None',
      ipFamilyPolicy: value('paths.ipFamilyPolicy'),
      // Who is not ready is a member all the same: that is for the members to judge.
      publishNotReadyAddresses: true,
      selector: SELECTOR,
      ports: [{ name: 'metrics', port: value('agent.port'), targetPort: 'metrics', protocol: 'TCP' }],
    },
  };
}

/**
 * A NodePort of each node that leads to its own pod of rxray: a path through address translation with one end that is
 * known.
 */
export function pathsService(part: Part): ObjectTemplate['object'] {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'rxray-paths', labels: labels() },
    spec: {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ipFamilyPolicy: value('paths.ipFamilyPolicy'),
      selector: selectorOf(part),
      ports: [
        {
          name: 'paths',
          port: value('agent.port'),
          targetPort: value('agent.port'),
          protocol: 'TCP',
          nodePort: value('paths.nodePort'),
        },
      ],
    },
  };
}
