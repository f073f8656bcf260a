import { identifiability } from '../../bisect/words/identifiability.js';
import { closest } from '../../format/closest.js';
import { measuredPaths } from '../../hosts/measured-paths.js';
import { plannedOf } from '../../hosts/planned.js';
import type { Cluster, ClusterNode } from '../../model/cluster.js';
import { CodedError } from '../../model/errors.js';
import { targetPod, vantagePod } from './chosen-pods.js';
import { type HostsChoice, hostsOfCluster } from './hosts-of-cluster.js';
import { serviceTargets } from './service-targets.js';

/** Two healthy nodes beside the suspect: one alone is never cleared itself. */
const HEALTHY = 2;
/** Of nodes that are alike in all that matters here, these many are tried. */
const OF_A_CLASS = 2;
/** Classes that are tried at most; more than this differ in services alone. */
const MOST_CLASSES = 12;

export interface ChosenAround {
  /** The suspect first. */
  readonly nodes: readonly string[];
  /** Sets that were compared. */
  readonly compared: number;
  /** Pairs of causes that look the same on its paths, and those of them that concern the suspect. */
  readonly alike: number;
  readonly alikeAtSuspect: number;
}

/**
 * The suspect and two healthy nodes with which its causes are told apart best: by the fewest pairs of causes that look
 * the same on the paths between them, first of those at the suspect. Nodes with the same abilities give the same paths,
 * so that two of each kind are tried and not every pair of a thousand.
 *
 * @throws CodedError E_NODE when the cluster has no such node
 */
export function chooseAround(cluster: Cluster, suspect: string, choice: Omit<HostsChoice, 'nodes'>): ChosenAround {
  const node = cluster.nodes.find(({ name }) => name === suspect);
  if (node === undefined) throw noNode(suspect, cluster);
  const able = candidates(cluster, node, choice);
  let best: (ChosenAround & Score) | undefined;
  let compared = 0;
  for (const healthy of setsOf(able)) {
    const nodes = [suspect, ...healthy.map(({ name }) => name)];
    const { hosts } = hostsOfCluster(cluster, { ...choice, nodes });
    const paths = measuredPaths(hosts).map(({ measured }) => measured);
    const { vantages, targets } = plannedOf(hosts);
    const groups = identifiability(paths, vantages, targets).indistinguishable;
    compared += 1;
    const scored = {
      nodes,
      compared,
      ...pairsIn(groups, suspect),
      vantages: vantages.length,
      paths: paths.length,
    };
    if (best === undefined || isBetter(scored, best)) best = scored;
  }
  if (best === undefined) return { nodes: [suspect], compared: 0, alike: 0, alikeAtSuspect: 0 };
  const { nodes, alike, alikeAtSuspect } = best;
  return { nodes, compared, alike, alikeAtSuspect };
}

/** Healthy nodes, those of the suspect's zone first, two of each kind. */
function candidates(cluster: Cluster, suspect: ClusterNode, { way }: Omit<HostsChoice, 'nodes'>): ClusterNode[] {
  const entrances = new Map<string, number>();
  for (const { entrance, backend } of serviceTargets(
    cluster,
    cluster.nodes.map(({ name }) => name),
  ).found) {
    for (const name of new Set([entrance ?? backend.node, backend.node]))
      entrances.set(name, (entrances.get(name) ?? 0) + 1);
  }
  const classes = new Map<string, ClusterNode[]>();
  for (const node of cluster.nodes) {
    if (node.name === suspect.name || node.ready === false || node.cordoned) continue;
    const vantage = vantagePod(cluster, node.name, way);
    const key = [
      node.zone === suspect.zone,
      node.addresses.length,
      node.subnet === suspect.subnet,
      vantage === undefined ? 'none' : vantage.hostNetwork,
      targetPod(cluster, node.name) !== undefined,
      entrances.get(node.name) ?? 0,
    ].join();
    const alike = classes.get(key) ?? [];
    if (alike.length < OF_A_CLASS) classes.set(key, [...alike, node]);
  }
  const near = (node: ClusterNode): number => (node.zone === suspect.zone ? 0 : 1);
  return [...classes.values()]
    .slice(0, MOST_CLASSES)
    .flat()
    .sort((one, other) => near(one) - near(other));
}

/** Pairs, those of different zones before those of one; with a single candidate that one. */
function setsOf(nodes: readonly ClusterNode[]): ClusterNode[][] {
  if (nodes.length <= HEALTHY) return nodes.length === 0 ? [] : [[...nodes]];
  const pairs = nodes.flatMap((one, index) => nodes.slice(index + 1).map((other) => [one, other]));
  const mixed = ([one, other]: ClusterNode[]): number => (one?.zone === other?.zone ? 1 : 0);
  return pairs.sort((one, other) => mixed(one) - mixed(other));
}

function pairsIn(groups: readonly (readonly string[])[], suspect: string): { alike: number; alikeAtSuspect: number } {
  const isAt = (label: string): boolean =>
    label
      .slice(label.indexOf('@') + 1)
      .split('+')
      .includes(suspect);
  let [alike, alikeAtSuspect] = [0, 0];
  for (const group of groups) {
    const [size, there] = [group.length, group.filter(isAt).length];
    alike += (size * (size - 1)) / 2;
    alikeAtSuspect += (there * (there - 1)) / 2 + there * (size - there);
  }
  return { alike, alikeAtSuspect };
}

interface Score {
  readonly alike: number;
  readonly alikeAtSuspect: number;
  readonly vantages: number;
  readonly paths: number;
}

/** Strictly, so that of equals the first stays: the suspect's own zone, then another. */
function isBetter(one: Score, other: Score): boolean {
  if (one.alikeAtSuspect !== other.alikeAtSuspect) return one.alikeAtSuspect < other.alikeAtSuspect;
  // Causes on healthy nodes that look the same are fewer where fewer of them are watched, which is no merit.
  if (one.vantages !== other.vantages) return one.vantages > other.vantages;
  if (one.alike !== other.alike) return one.alike < other.alike;
  return one.paths < other.paths;
}

export function noNode(name: string, cluster: Cluster): CodedError {
  const names = cluster.nodes.map((node) => node.name);
  const meant = closest(name, names);
  const known = names.length > 8 ? `${names.slice(0, 8).join(', ')} …` : names.join(', ');
  const remedy = meant === undefined ? `there are ${known || 'none that could be read'}` : `did you mean ${meant}?`;
  return new CodedError('E_NODE', `the cluster has no node ${name}`, remedy, 2);
}
