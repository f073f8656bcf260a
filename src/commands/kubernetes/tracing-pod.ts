import { clusterOf } from '../../kubernetes/cluster-of.js';
import { type ReadOptions, readCluster } from '../../kubernetes/read-cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { CodedError } from '../../model/errors.js';
import type { Vantage } from '../../model/vantage.js';
import { AGENT_CONTAINER } from '../discover/hosts-of-cluster.js';
import { subjectOf } from './subject.js';

export interface TracedSubject {
  /** The tracing agent on the node. */
  readonly far: Vantage;
  /** Of a pod that is to be traced. */
  readonly podUid: string | undefined;
}

/**
 * Where the kernel of a node, or of a pod's node, can be asked.
 *
 * @throws CodedError E_TRACE when no tracing agent runs there
 */
export async function tracedSubject(word: string, place: ReadOptions): Promise<TracedSubject> {
  const { objects } = await readCluster(place);
  return tracingPod(word, clusterOf(objects), place);
}

export function tracingPod(word: string, cluster: Cluster, { namespace, context }: ReadOptions): TracedSubject {
  const subject = subjectOf(word, cluster, namespace);
  if (subject.kind === 'service') {
    throw new CodedError('E_TRACE', `${word} is a service, of which only the pods make system calls`, 'name a pod', 2);
  }
  const node = subject.kind === 'node' ? subject.node : subject.pod.node;
  const agent = cluster.pods.find((pod) => pod.node === node && pod.rxray === 'trace' && pod.ready);
  if (agent === undefined) {
    throw new CodedError(
      'E_TRACE',
      `no tracing agent runs on ${node}`,
      'install them: kubectl rxray install --set trace.enabled=true, or trace by ssh: rxray trace stall --ssh USER@HOST',
      4,
    );
  }
  return {
    far: {
      transport: 'kubectl',
      namespace: agent.namespace,
      pod: agent.name,
      container: AGENT_CONTAINER,
      ...(context === undefined ? {} : { context }),
    },
    podUid: subject.kind === 'pod' ? subject.pod.uid : undefined,
  };
}
