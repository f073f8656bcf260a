import { clusterOf } from '../../kubernetes/cluster-of.js';
import { type ReadOptions, readCluster } from '../../kubernetes/read-cluster.js';
import { CodedError } from '../../model/errors.js';
import { tellUnread } from '../discover/discover.js';
import { type WhyOptions, why } from '../fleet/why.js';
import type { Io } from '../terminal/io.js';
import { hostsAround } from './bisect-subject.js';

/**
 * `kubectl rxray why NODE`: as `why`, with the agents around the node for vantages and its tracing agent for its kernel.
 *
 * @returns as `why` does
 */
export function whyNode(options: Omit<WhyOptions, 'find'>, place: ReadOptions, io: Io): Promise<number> {
  return why({ ...options, kubectl: place.kubectl, find: () => vantagesAround(options.node, place, io) }, io);
}

/** @throws CodedError where the cluster cannot be read, has no such node, or no agent to probe from */
async function vantagesAround(node: string, place: ReadOptions, io: Io) {
  const { objects, unread, ask } = await readCluster(place);
  tellUnread({ unread: [...unread], ask }, io);
  const choice = { way: 'agents', here: false, externals: [], context: place.context } as const;
  const found = hostsAround(clusterOf(objects), { kind: 'node', node }, choice);
  if (Object.keys(found.hosts.vantages).length > 0) return found;
  throw new CodedError('E_PATHS', found.notes.join('; '), 'install the agents: kubectl rxray install', 2);
}
