import { labels } from '../parts.js';
import type { ObjectTemplate } from '../template.js';

/** The profile of tracing agents, for the init container that puts it where the kubelet takes it from. */
export function seccompConfigMap(profile: string): ObjectTemplate['object'] {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'rxray-seccomp', labels: labels('trace') },
    // On one line: Helm's templates and YAML's texts of several lines leave it as it is.
    data: { 'trace.json': JSON.stringify(JSON.parse(profile)) },
  };
}
