import { readFile } from 'node:fs/promises';
import { parseTarget } from '../../hosts/parse-target.js';
import { resolveAddress } from '../../hosts/resolve-address.js';
import { clusterOf } from '../../kubernetes/cluster-of.js';
import { clusterFromTexts, type ReadCluster, readCluster, type Unread } from '../../kubernetes/read-cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { CodedError } from '../../model/errors.js';
import { present } from '../../model/present.js';
import type { DiscoveryRecord } from '../../model/records/discovery.js';
import { discoveredHostsText } from '../../report/discover/discovered-hosts-text.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { chooseAround, noNode } from './choose-around.js';
import type { VantageWay } from './chosen-pods.js';
import { type ExternalTarget, hostsOfCluster } from './hosts-of-cluster.js';

export interface DiscoverOptions {
  readonly context?: string | undefined;
  readonly kubectl?: string | undefined;
  /** To keep to where not all namespaces may be read. */
  readonly namespace?: string | undefined;
  /** What kubectl printed earlier, in place of a cluster. */
  readonly from: readonly string[];
  /** The suspect. */
  readonly around?: string | undefined;
  /** These nodes only. */
  readonly nodes: readonly string[];
  /** `HOST[:PORT]`, `NAME=HOST[:PORT]`. */
  readonly externals: readonly string[];
  readonly way: VantageWay;
  readonly image?: string | undefined;
  readonly here: boolean;
  readonly json: boolean;
  readonly output?: string | undefined;
}

/** From so many nodes on a file of all of them is too much for one bisection. */
const MANY_NODES = 8;

/**
 * `discover`: a hosts file of a Kubernetes cluster; sends no packet to any of its nodes.
 *
 * @throws CodedError E_KUBECTL when the cluster cannot be read; E_NODE for a node that it has not
 */
export async function discover(options: DiscoverOptions, io: Io): Promise<number> {
  const found = await discovered(options, io);
  const inputs = options.from.map((path) => ({ path, what: 'objects of the cluster' }));
  const text = options.json ? `${JSON.stringify(found)}\n` : discoveredHostsText(found);
  await withOutput({ output: options.output, inputs }, io, (output) => output.write(text));
  tellUnread(found, io);
  if (!options.json) for (const note of found.notes) io.err(`${note}\n`);
  if (found.around === undefined && found.chosen.length > MANY_NODES) {
    io.err(
      `${found.chosen.length} nodes are many for one bisection: --around NODE picks those that tell its causes apart\n`,
    );
  }
  if (options.output !== undefined && options.output !== '-') {
    io.err(`${options.output} is written; next: rxray bisect --hosts ${options.output} --plan\n`);
  }
  return EXIT.completed;
}

/** What was found, before anything is printed. */
export async function discovered(options: DiscoverOptions, io: Io): Promise<DiscoveryRecord> {
  const { objects, unread, ask } = await readObjects(options);
  const cluster = clusterOf(objects);
  if (cluster.nodes.length === 0) throw noNodes(unread, ask);
  return discoveryOf(cluster, { unread, ask }, options, await externalTargets(options.externals, io));
}

/** The record of a cluster that was read. */
export function discoveryOf(
  cluster: Cluster,
  { unread, ask }: Pick<ReadCluster, 'unread' | 'ask'>,
  options: DiscoverOptions,
  externals: readonly ExternalTarget[],
): DiscoveryRecord {
  const { context, around, way, here, image } = options;
  const choice = { way, here, externals, context, image };
  const best = around === undefined ? undefined : chooseAround(cluster, around, choice);
  const nodes = best?.nodes ?? namedNodes(cluster, options.nodes);
  const { hosts, notes } = hostsOfCluster(cluster, { ...choice, nodes });
  return {
    type: 'discovery',
    ...present({ context }),
    network: cluster.network,
    proxy: cluster.proxy,
    nodes: cluster.nodes.map(({ name, addresses, externalAddresses, zone, ready, cordoned }) => ({
      name,
      addresses: [...addresses],
      externalAddresses: [...externalAddresses],
      ...present({ zone, ready }),
      cordoned,
    })),
    chosen: [...nodes],
    ...(best === undefined || around === undefined
      ? {}
      : {
          around: { node: around, compared: best.compared, alike: best.alike, alikeAtSuspect: best.alikeAtSuspect },
        }),
    unread: [...unread],
    ...present({ ask }),
    notes: [...notes],
    hosts,
  };
}

function namedNodes(cluster: Cluster, names: readonly string[]): string[] {
  if (names.length === 0) return cluster.nodes.map(({ name }) => name);
  for (const name of names) if (!cluster.nodes.some((node) => node.name === name)) throw noNode(name, cluster);
  return [...names];
}

async function readObjects({ from, ...place }: DiscoverOptions): Promise<ReadCluster> {
  if (from.length === 0) return readCluster(place);
  const texts = await Promise.all(
    from.map(async (name) => {
      try {
        return { name, text: await readFile(name, 'utf8') };
      } catch (cause) {
        throw new CodedError('E_OBJECTS', `cannot read ${name}: ${(cause as Error).message}`, 'check the path', 2);
      }
    }),
  );
  return clusterFromTexts(texts);
}

export async function externalTargets(words: readonly string[], io: Io): Promise<ExternalTarget[]> {
  return Promise.all(
    words.map(async (word, index) => {
      const [, named, rest = word] = /^([\w.-]+)=(.+)$/.exec(word) ?? [];
      const { host, port } = parseTarget(rest);
      const { address, note } = await resolveAddress(host, 'any');
      if (note !== undefined) io.err(`${note}\n`);
      return { name: named ?? (index === 0 ? 'external' : `external-${index + 1}`), address, port };
    }),
  );
}

/** What could not be read and what to ask for. */
export function tellUnread({ unread, ask }: Pick<DiscoveryRecord, 'unread' | 'ask'>, io: Io): void {
  for (const { resource, why, otherwise } of unread) io.err(`${resource} not read: ${why}; ${otherwise}\n`);
  if (ask !== undefined) io.err(`an administrator grants what was refused with:\n${ask.replace(/^/gm, '  ')}\n`);
}

function noNodes(unread: readonly Unread[], ask: string | undefined): CodedError {
  const why = unread.map(({ resource, why: reason }) => `${resource}: ${reason}`).join('; ');
  return new CodedError(
    'E_NODE',
    `no node could be read${why === '' ? '' : ` (${why})`}`,
    ask === undefined ? 'see kubectl get nodes' : `an administrator grants it with: ${ask.replaceAll('\n', ' && ')}`,
    why === '' ? 2 : 4,
  );
}
