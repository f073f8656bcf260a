import type { MachineCount } from '../model/machine-counts.js';
import { interfaceQueues, RING_OVERRUNS } from './interface-queues.js';
import type { NodeFiles } from './node-files.js';
import { perCpuTable } from './per-cpu-table.js';
import { tcpCounters } from './tcp-counters.js';

const CONNTRACK = '/proc/net/stat/nf_conntrack';
const NEIGHBOURS = ['/proc/net/stat/arp_cache', '/proc/net/stat/ndisc_cache'] as const;
/** Of an interface without a device behind it there is no ring. */
const CARDS = '/sys/class/net/*/device';
const MOST_CARDS = 4;

/** By the names of /proc/net/netstat. */
const OF_TCP: Readonly<Partial<Record<MachineCount, string>>> = {
  synCookies: 'TCPReqQFullDoCookies',
  synQueueDrops: 'TCPReqQFullDrop',
  memoryPressures: 'TCPMemoryPressures',
  pruned: 'PruneCalled',
  abortedOnMemory: 'TCPAbortOnMemory',
};
const OF_CONNTRACK: Readonly<Partial<Record<MachineCount, string>>> = {
  conntrackNotInserted: 'insert_failed',
  conntrackDropped: 'drop',
  conntrackEarlyDrops: 'early_drop',
};

/** What finds the cards: asked once, its answer is given to {@link machineOrders}. */
export const CARDS_LISTED = `list ${CARDS}`;

/** Beside the counters of TCP. */
export function machineOrders(listed: NodeFiles): string[] {
  const files = [CONNTRACK, ...NEIGHBOURS].map((path) => `read ${path}`);
  return [...files, ...cardsOf(listed).map((name) => `interface ${name}`)];
}

function cardsOf(listed: NodeFiles): string[] {
  const paths = listed.paths(/^\/sys\/class\/net\/[^/]+\/device$/).slice(0, MOST_CARDS);
  return paths.map((path) => path.split('/')[4] ?? '');
}

/** All counts since the machine was started; one that it does not keep is left out. */
export function machineCounts(files: NodeFiles, listed: NodeFiles): Map<MachineCount, number> {
  const counts = new Map<MachineCount, number>();
  const add = (name: MachineCount, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) counts.set(name, (counts.get(name) ?? 0) + value);
  };
  const takeAll = (names: typeof OF_TCP, from: ReadonlyMap<string, number>): void => {
    for (const [name, counter] of Object.entries(names)) add(name as MachineCount, from.get(counter));
  };
  takeAll(OF_TCP, tcpCounters(files));
  const conntrack = files.text(CONNTRACK);
  if (conntrack.kind === 'text') takeAll(OF_CONNTRACK, perCpuTable(conntrack.text).totals);
  for (const path of NEIGHBOURS) {
    const table = files.text(path);
    if (table.kind === 'text') add('neighboursFull', perCpuTable(table.text).totals.get('table_fulls'));
  }
  for (const { counters = {} } of interfaceQueues(files, cardsOf(listed))) {
    for (const [name, value] of Object.entries(counters)) if (RING_OVERRUNS.test(name)) add('cardDrops', value);
  }
  return counts;
}
