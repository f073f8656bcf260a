import {
  type FlowsByQueue,
  flowsByQueue,
  portsByQueue,
  portsInstead,
  queueOfPort,
} from '../../bisect/paths/ports-by-queue.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import type { ProberHello } from '../../model/engine-event.js';
import { MOST_NAMED_PORTS, NAMED_PORTS_SPAN, PORT_BLOCK } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';
import type { ReceiveSide } from '../../model/receive-side.js';
import type { BisectHosts } from './bisect-hosts.js';
import { freshPortsOf, portShares } from './port-shares.js';

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

/** Ports of one path, by flow, and what they stand for. */
interface Choice {
  readonly ports: readonly number[];
  readonly queueOf: (port: number) => number;
  readonly words: string;
}

const blockOf = (port: number): number => Math.floor(port / PORT_BLOCK);

/**
 * The same paths, with ports by the key of the card where it is known.
 *
 * @param random from 0 to 1: where within the ports of a vantage those that are chosen begin
 */
export function chosenPorts(about: BisectHosts, { receivers, taken }: KnownWays, random: number): BisectHosts {
  const vantages = [...new Set(about.paths.map(({ measured }) => measured.vantage))];
  const ofVantage = (vantage: string) => about.paths.filter(({ measured }) => measured.vantage === vantage);
  // By the flows that paths have otherwise, so that as many paths fit.
  const shares = portShares(vantages.map((vantage) => ofVantage(vantage).map(({ planned }) => planned)));
  const sourcePorts = new Map<string, readonly [number, number]>();
  const changed = new Map<HostsPath, HostsPath>();
  const notes: string[] = [];
  for (const [index, vantage] of vantages.entries()) {
    const share = shares[index];
    if (share !== undefined) sourcePorts.set(vantage, share);
    const ported = ofVantage(vantage).filter(({ planned }) => hasPorts(planned.protocol));
    if (share === undefined || ported.length * MOST_NAMED_PORTS > NAMED_PORTS_SPAN) continue;
    const free = freePorts(share, ported, taken.get(vantage) ?? new Set(), random);
    const chosen = new Map<HostsPath, Choice>();
    for (const path of ported) {
      const choice = choiceFor(path, receivers.get(path), free);
      if (choice === null) continue;
      for (const port of choice.ports) free.delete(port);
      chosen.set(path, choice);
    }
    const all = chosen.size === 0 ? null : withRows(ported, chosen, free);
    if (all === null) continue;
    notes.push(...[...chosen].map(([path, { words }]) => `${path.measured.name}: ${words}`));
    for (const [path, own] of namedPorts(all, free)) {
      const flows = own.fromPorts.length;
      changed.set(path, {
        planned: { ...path.planned, flows, ...own },
        measured: { ...path.measured, flows },
      });
    }
  }
  if (changed.size === 0) return about;
  return {
    ...about,
    paths: about.paths.map((path) => changed.get(path) ?? path),
    notes: [...about.notes, ...notes],
    sourcePorts,
  };
}

/** Those of a share that may be named, the best first; behind them, or before, there is room for the fresh ones. */
function freePorts(
  [first, last]: readonly [number, number],
  ported: readonly HostsPath[],
  taken: ReadonlySet<number>,
  random: number,
): Set<number> {
  const fresh = ported.reduce((sum, { planned }) => sum + freshPortsOf(planned.freshPerSecond), 0);
  const room = Math.max(0, last + 1 - first - fresh);
  const span = Math.min(NAMED_PORTS_SPAN, room);
  const start = first + Math.floor(random * (room - span));
  // Anywhere among them, so that two runs do not begin at the same port.
  const begin = Math.floor((random * span) / 2);
  const ports = Array.from({ length: span }, (_, i) => start + ((begin + i) % span));
  return new Set(ports.filter((port) => !taken.has(port)));
}

function choiceFor({ planned }: HostsPath, known: KnownReceiver | undefined, free: ReadonlySet<number>): Choice | null {
  if (known === undefined || planned.port === undefined) return null;
  const { source, machine, side } = known;
  const { spread } = side;
  const flows = flowsByQueue(side, planned.address.includes(':'), planned.flows);
  if (flows === null || spread.by !== 'toeplitz') return null;
  const way = { from: source, to: planned.address, port: planned.port };
  const ports = portsByQueue(flows, spread, way, free);
  if (ports === null) return null;
  const queueOf = (port: number): number => queueOfPort(port, way, spread);
  return { ports, queueOf, words: wordsOf(flows, ports, side, machine) };
}

function wordsOf(
  { queues, inARow, rounds }: FlowsByQueue,
  ports: readonly number[],
  side: ReceiveSide,
  machine: string,
): string {
  return `${ports.length} source ports, ${inARow * rounds} for each of ${queues.length} receive queues of ${machine}, by the key of ${side.interface}`;
}

/** Where one path names its ports all have to; null where too few are left for that. */
function withRows(
  ported: readonly HostsPath[],
  chosen: ReadonlyMap<HostsPath, Choice>,
  free: Set<number>,
): Map<HostsPath, Pick<Choice, 'ports' | 'queueOf'>> | null {
  const all = new Map<HostsPath, Pick<Choice, 'ports' | 'queueOf'>>();
  for (const path of ported) {
    const ports = chosen.get(path)?.ports ?? [...free].slice(0, path.planned.flows);
    if (!chosen.has(path) && ports.length < path.planned.flows) return null;
    for (const port of ports) free.delete(port);
    all.set(path, { ports, queueOf: chosen.get(path)?.queueOf ?? (() => 0) });
  }
  return all;
}

/** With what each flow falls back on: of another block, where there is one. */
function* namedPorts(
  all: ReadonlyMap<HostsPath, Pick<Choice, 'ports' | 'queueOf'>>,
  free: Set<number>,
): Generator<[HostsPath, { fromPorts: readonly number[]; insteadPorts: readonly number[] }]> {
  const blocks = new Set([...all.values()].flatMap(({ ports }) => ports.map(blockOf)));
  for (const [path, { ports, queueOf }] of all) {
    const left = [...free];
    const elsewhere = left.filter((port) => !blocks.has(blockOf(port)));
    const nearby = left.filter((port) => blocks.has(blockOf(port)));
    const insteadPorts = portsInstead(ports, queueOf, [...elsewhere, ...nearby]);
    for (const port of insteadPorts) free.delete(port);
    yield [path, { fromPorts: ports, insteadPorts }];
  }
}

/** Of which paths of a vantage somebody else took ports between the choice and the start, in sentences. */
export function replacedPorts(paths: readonly HostsPath[], hello: Pick<ProberHello, 'paths'>): string[] {
  return hello.paths.flatMap(({ path, ports }) => {
    const { name, fromPorts, insteadPorts = [] } = paths[path]?.planned ?? {};
    if (ports === undefined || fromPorts === undefined) return [];
    const replaced = fromPorts.flatMap((port, flow) => (ports[flow] === port ? [] : [flow]));
    if (replaced.length === 0) return [];
    const others = replaced.filter((flow) => ports[flow] === insteadPorts[flow]).length;
    const any = replaced.length - others;
    const by = [
      ...(others > 0 ? [`${others} by others of the same choice`] : []),
      ...(any > 0 ? [`${any} by arbitrary ones`] : []),
    ];
    return [
      `${name}: ${replaced.length} of ${fromPorts.length} source ports were taken meanwhile, and replaced ${by.join(', ')}`,
    ];
  });
}
