import { closest } from '../../format/closest.js';
import type { Cluster, ClusterPod, ClusterServicePort } from '../../model/cluster.js';
import { CodedError } from '../../model/errors.js';

/** What a word of the command line means in a cluster. */
export type Subject =
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'pod'; readonly pod: ClusterPod }
  | { readonly kind: 'service'; readonly ports: readonly ClusterServicePort[] };

const KINDS: Readonly<Record<string, Subject['kind']>> = {
  node: 'node',
  nodes: 'node',
  no: 'node',
  pod: 'pod',
  pods: 'pod',
  po: 'pod',
  service: 'service',
  services: 'service',
  svc: 'service',
};

/**
 * `worker-7`, `pod/web-1`, `svc/web`; without a kind a node comes before a pod before a service.
 *
 * @param namespace of pods and services; without it all are looked at, and the name may stand in one of them only
 * @throws CodedError E_NODE, E_POD or E_SERVICE for what is not there or there twice
 */
export function subjectOf(word: string, cluster: Cluster, namespace?: string): Subject {
  const [, prefix, rest = word] = /^([a-z]+)\/(.+)$/.exec(word) ?? [];
  const kind = prefix === undefined ? undefined : KINDS[prefix];
  if (prefix !== undefined && kind === undefined) {
    throw new CodedError(
      'E_NODE',
      `${word}: ${prefix} is no kind that can be measured`,
      'write node/, pod/ or svc/',
      2,
    );
  }
  const inside = (of: { readonly namespace: string }): boolean => namespace === undefined || of.namespace === namespace;
  const nodes = cluster.nodes.filter(({ name }) => name === rest);
  if ((kind ?? 'node') === 'node' && nodes[0] !== undefined) return { kind: 'node', node: nodes[0].name };
  const pods = cluster.pods.filter((pod) => pod.name === rest && inside(pod));
  if ((kind ?? 'pod') === 'pod' && pods[0] !== undefined) return { kind: 'pod', pod: onlyOne(pods, 'pod', rest) };
  const ports = cluster.servicePorts.filter((port) => port.service === rest && inside(port));
  const [first] = ports;
  if ((kind ?? 'service') === 'service' && first !== undefined) {
    onlyOne([...new Map(ports.map((port) => [port.namespace, port])).values()], 'service', rest);
    return { kind: 'service', ports };
  }
  throw unknown(rest, kind, cluster);
}

function onlyOne<T extends { readonly namespace: string }>(found: readonly T[], kind: string, name: string): T {
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const where = found.map(({ namespace }) => namespace).join(', ');
  throw new CodedError(
    kind === 'pod' ? 'E_POD' : 'E_SERVICE',
    `there is a ${kind} ${name} in ${where}`,
    'add -n NAMESPACE',
    2,
  );
}

function unknown(name: string, kind: Subject['kind'] | undefined, cluster: Cluster): CodedError {
  const known = {
    node: cluster.nodes.map((one) => one.name),
    pod: cluster.pods.map((one) => one.name),
    service: cluster.servicePorts.map(({ service }) => service),
  };
  const meant = closest(name, kind === undefined ? Object.values(known).flat() : known[kind]);
  const what =
    kind === undefined ? 'no node, running pod or service' : kind === 'pod' ? 'no running pod' : `no ${kind}`;
  const code = kind === 'pod' ? 'E_POD' : kind === 'service' ? 'E_SERVICE' : 'E_NODE';
  return new CodedError(
    code,
    `the cluster has ${what} ${name} that could be read`,
    meant === undefined ? `see kubectl get ${kind ?? 'node'}s` : `did you mean ${meant}?`,
    2,
  );
}
