import { setTimeout as sleep } from 'node:timers/promises';
import { type FlowsByQueue, flowsByQueue, portsByQueue } from '../../bisect/paths/ports-by-queue.js';
import { Machines } from '../../hosts/machines.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import { askReceiveSides } from '../../kernel/ask-receive-sides.js';
import { askWays, type Way } from '../../kernel/ask-ways.js';
import { HelperNodeReader } from '../../kernel/node-reader.js';
import { askTakenPorts } from '../../kernel/taken-ports.js';
import { CodedError } from '../../model/errors.js';
import { isOverlay } from '../../model/overlay.js';
import { MOST_NAMED_PORTS, NAMED_PORTS_SPAN } from '../../model/plan.js';
import { hasPorts, isRequest } from '../../model/protocol.js';
import type { ReceiveSide } from '../../model/receive-side.js';
import { engineOf } from '../probe/choose-engine.js';
import type { BisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import type { Connections } from './connections.js';
import { portShares } from './port-shares.js';

/** A SYN path to a node that can be asked how it receives. */
interface AskablePath {
  readonly path: HostsPath;
  /** The machine of the target, and a vantage that sits there. */
  readonly machine: string;
  readonly thereBy: string;
}

/** What is known of the way of a path before it is probed. */
export interface KnownReceiver {
  /** As its packets have it. */
  readonly source: string;
  readonly machine: string;
  readonly side: ReceiveSide;
}

/** What the machines say before anything is sent. */
export interface KnownWays {
  /** By path. */
  readonly receivers: ReadonlyMap<HostsPath, KnownReceiver>;
  /** By vantage: source ports that it would not get. */
  readonly taken: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * The same paths, where the key of the card that they lead to is known from source ports that come in on each of its
 * queues in turn. What cannot be asked leaves them as they are: why shows when its prober is started.
 *
 * @param waitMs for answers: the connections that were made meanwhile serve the run itself
 */
export async function withPortsByQueue(
  about: BisectHosts,
  engine: BisectOptions['engine'],
  connections: Pick<Connections, 'to' | 'giveUp'>,
  { stop, waitMs }: { readonly stop: AbortSignal; readonly waitMs: number },
): Promise<BisectHosts> {
  const askable = askablePaths(about, engine);
  if (askable.length === 0) return about;
  const readers = new Map<string, HelperNodeReader>();
  const readerAt = (vantage: string): HelperNodeReader => {
    const known = readers.get(vantage) ?? new HelperNodeReader(connections.to(vantage));
    readers.set(vantage, known);
    return known;
  };
  const giveUp = (): void => connections.giveUp();
  stop.addEventListener('abort', giveUp);
  const late = new AbortController();
  try {
    const known = await Promise.race([
      knownWays(askable, readerAt),
      sleep(waitMs, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    if (known !== undefined) return chosenPorts(about, known, Math.random());
    const silent = `not all machines told within ${waitMs / 1_000} s how they receive, so source ports are arbitrary`;
    return { ...about, notes: [...about.notes, silent] };
  } finally {
    late.abort();
    stop.removeEventListener('abort', giveUp);
    // One that does not answer ends when its connection is given up.
    for (const reader of readers.values()) reader.close().catch(() => {});
  }
}

/** Behind a translation or in a tunnel other addresses or ports than those of the path are hashed. */
function askablePaths({ hosts, paths }: BisectHosts, engine: BisectOptions['engine']): AskablePath[] {
  const machines = new Machines(hosts);
  return paths.flatMap((path) => {
    const { vantage, target, targetKind, protocol, out } = path.measured;
    if (protocol !== 'syn' || targetKind !== 'node' || out.some(({ kind }) => isOverlay(kind))) return [];
    const asks = paths.some(({ measured }) => measured.vantage === vantage && isRequest(measured.protocol));
    if (asks || engineOf(hosts.vantages[vantage], engine) !== 'helper') return [];
    const machine = machines.entrance(target);
    const thereBy = Object.keys(hosts.vantages).find((one) => machines.ofVantage(one) === machine);
    return thereBy === undefined ? [] : [{ path, machine, thereBy }];
  });
}

async function knownWays(
  askable: readonly AskablePath[],
  readerAt: (vantage: string) => HelperNodeReader,
): Promise<KnownWays> {
  const byVantage = grouped(askable, ({ path }) => path.measured.vantage);
  const taken = new Map<string, ReadonlySet<number>>();
  const sources = new Map<HostsPath, string>();
  await eachAnswering(byVantage, async (vantage, own) => {
    const reader = readerAt(vantage);
    const ways = await askWays(reader, distinct(own.map(({ path }) => path.planned.address)));
    taken.set(vantage, await askTakenPorts(reader));
    for (const { path } of own) {
      const way = ways.get(path.planned.address);
      if (way !== undefined) sources.set(path, way.source);
    }
  });
  const receivers = new Map<HostsPath, KnownReceiver>();
  const reached = askable.filter(({ path }) => sources.has(path));
  await eachAnswering(
    grouped(reached, ({ thereBy }) => thereBy),
    async (thereBy, own) => {
      const reader = readerAt(thereBy);
      // It may come in by another interface than answers leave by: then the flows will tell.
      const back = await askWays(reader, distinct(own.map(({ path }) => sources.get(path) as string)));
      const sides = await askReceiveSides(reader, distinct([...back.values()].map((way: Way) => way.interface)));
      for (const { path, machine } of own) {
        const source = sources.get(path) as string;
        const side = sides.get(back.get(source)?.interface ?? '');
        if (side !== undefined) receivers.set(path, { source, machine, side });
      }
    },
  );
  return { receivers, taken };
}

/** @param random from 0 to 1: where within the ports of a vantage those that are chosen begin */
export function chosenPorts(about: BisectHosts, { receivers, taken }: KnownWays, random: number): BisectHosts {
  const groups = [...grouped(about.paths, ({ measured }) => measured.vantage)];
  const shares = portShares(groups.map(([, own]) => own.map(({ planned }) => planned)));
  const changed = new Map<HostsPath, HostsPath>();
  const notes: string[] = [];
  for (const [index, [vantage, own]] of groups.entries()) {
    const [first, last] = shares[index] ?? [1, 0];
    const ported = own.filter(({ planned }) => hasPorts(planned.protocol));
    const span = Math.min(NAMED_PORTS_SPAN, last + 1 - first);
    if (span < 1 || ported.length * MOST_NAMED_PORTS > NAMED_PORTS_SPAN) continue;
    // Fresh ports are in a row behind them, or before.
    const start = first + Math.floor((random * (last + 1 - first - span)) / 2);
    const free = new Set(Array.from({ length: span }, (_, i) => start + i));
    for (const port of taken.get(vantage) ?? []) free.delete(port);
    const chosen = new Map<HostsPath, readonly number[]>();
    for (const path of ported) {
      const found = portsFor(path, receivers.get(path), free);
      if (found === null) continue;
      for (const port of found.ports) free.delete(port);
      chosen.set(path, found.ports);
      notes.push(`${path.measured.name}: ${found.words}`);
    }
    if (chosen.size === 0) continue;
    for (const path of ported) {
      const ports = chosen.get(path) ?? [...free].slice(0, path.planned.flows);
      for (const port of ports) free.delete(port);
      const flows = ports.length;
      changed.set(path, {
        planned: { ...path.planned, flows, fromPorts: ports },
        measured: { ...path.measured, flows },
      });
    }
  }
  return { ...about, paths: about.paths.map((path) => changed.get(path) ?? path), notes: [...about.notes, ...notes] };
}

function portsFor(
  { planned }: HostsPath,
  known: KnownReceiver | undefined,
  free: ReadonlySet<number>,
): { readonly ports: readonly number[]; readonly words: string } | null {
  if (known === undefined || known.side.spread.by !== 'toeplitz' || planned.port === undefined) return null;
  const { source, machine, side } = known;
  const flows = flowsByQueue(side, planned.address.includes(':'), planned.flows);
  if (flows === null) return null;
  const way = { from: source, to: planned.address, port: planned.port };
  const ports = portsByQueue(flows, known.side.spread, way, free);
  return ports === null ? null : { ports, words: wordsOf(flows, ports, side, machine) };
}

function wordsOf(
  { queues, inARow, rounds }: FlowsByQueue,
  ports: readonly number[],
  side: ReceiveSide,
  machine: string,
): string {
  return `${ports.length} source ports, ${inARow * rounds} for each of ${queues.length} receive queues of ${machine}, by the key of ${side.interface}`;
}

/** Asks them all at the same time; who does not answer is passed over. */
async function eachAnswering<T>(
  groups: ReadonlyMap<string, T>,
  ask: (name: string, group: T) => Promise<void>,
): Promise<void> {
  await Promise.all(
    [...groups].map(([name, group]) =>
      ask(name, group).catch((error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
      }),
    ),
  );
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
