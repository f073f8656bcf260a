import type { Hosts } from '../../hosts/hosts-file.js';
import { clusterOf } from '../../kubernetes/cluster-of.js';
import { readCluster } from '../../kubernetes/read-cluster.js';
import type { Cluster, ClusterPod } from '../../model/cluster.js';
import { CodedError } from '../../model/errors.js';
import { bisect } from '../bisect/bisect.js';
import type { BisectOptions } from '../bisect/bisect-options.js';
import { chooseAround } from '../discover/choose-around.js';
import { type DiscoverOptions, externalTargets, tellUnread } from '../discover/discover.js';
import { type HostsChoice, hostsOfCluster } from '../discover/hosts-of-cluster.js';
import type { Io } from '../terminal/io.js';
import { type Subject, subjectOf } from './subject.js';

/** Nodes of a service's pods that are measured at once. */
const MOST_NODES = 4;

export type ReachOptions = Pick<
  DiscoverOptions,
  'context' | 'namespace' | 'kubectl' | 'externals' | 'way' | 'image' | 'here'
>;

/**
 * `kubectl rxray bisect SERVICE|POD|NODE`: finds out what there is to measure around it, and measures it.
 *
 * @returns as `bisect` does
 */
export async function bisectSubject(
  word: string,
  reach: ReachOptions,
  measuring: Omit<BisectOptions, 'family'>,
  io: Io,
): Promise<number> {
  const read = await readCluster(reach);
  tellUnread({ unread: [...read.unread], ask: read.ask }, io);
  const cluster = clusterOf(read.objects);
  const subject = subjectOf(word, cluster, reach.namespace);
  const externals = await externalTargets(reach.externals, io);
  const { hosts, notes } = hostsAround(cluster, subject, { ...reach, externals });
  if (!Object.values(hosts.vantages).some(({ transport }) => transport === 'kubectl') && !measuring.plan) {
    throw new CodedError(
      'E_PATHS',
      `nothing to probe from inside the cluster: ${notes.join('; ')}`,
      'install the agents (kubectl rxray install), or add --debug',
      2,
    );
  }
  return bisect({ ...measuring, family: 'any', found: { hosts, notes }, kubectl: reach.kubectl }, io);
}

/** What to measure for it. */
export function hostsAround(
  cluster: Cluster,
  subject: Subject,
  choice: Omit<HostsChoice, 'nodes'>,
): { readonly hosts: Hosts; readonly notes: readonly string[] } {
  if (subject.kind === 'service') return hostsOfService(cluster, subject, choice);
  const suspect = subject.kind === 'node' ? subject.node : subject.pod.node;
  const pods = subject.kind === 'pod' ? [subject.pod] : [];
  const { nodes } = chooseAround(cluster, suspect, choice);
  return hostsOfCluster(cluster, { ...choice, nodes, pods });
}

/** All nodes that its pods are on, each with its own pod: nobody among them is suspected more than the others. */
function hostsOfService(
  cluster: Cluster,
  { ports }: Extract<Subject, { kind: 'service' }>,
  choice: Omit<HostsChoice, 'nodes'>,
) {
  const [{ namespace, service } = { namespace: '', service: '' }] = ports;
  const names = new Set(ports.flatMap(({ backends }) => backends ?? []));
  const pods = cluster.pods.filter((pod) => names.has(`${pod.namespace}/${pod.name}`));
  const onePerNode = new Map<string, ClusterPod>(pods.map((pod) => [pod.node, pod]));
  const nodes = [...onePerNode.keys()];
  if (nodes.length === 0) {
    throw new CodedError(
      'E_SERVICE',
      `no ready pod that could be read is behind service ${namespace}/${service}`,
      `see kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${service}`,
      2,
    );
  }
  const [only = ''] = nodes;
  const chosen = nodes.length === 1 ? chooseAround(cluster, only, choice).nodes : nodes.slice(0, MOST_NODES);
  const found = hostsOfCluster(cluster, { ...choice, nodes: chosen, pods: [...onePerNode.values()] });
  const left = nodes.length - MOST_NODES;
  const note = `${left} more nodes have pods of ${namespace}/${service}: name one of them to measure it`;
  return { hosts: found.hosts, notes: [...found.notes, ...(left > 0 ? [note] : [])] };
}
