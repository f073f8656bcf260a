import { labels, NAMESPACE } from '../parts.js';
import type { ObjectTemplate } from '../template.js';

/** Events of nodes, which have no namespace, are kept in `default`, and nowhere else the API takes them. */
const OF_NODES = 'default';
const NAME = 'rxray-events';

export function eventRights(): ObjectTemplate['object'][] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: NAME, namespace: OF_NODES, labels: labels() },
      rules: [{ apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: NAME, namespace: OF_NODES, labels: labels() },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: 'rxray', namespace: NAMESPACE }],
    },
  ];
}
