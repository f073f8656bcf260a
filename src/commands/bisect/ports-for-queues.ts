import { setTimeout as sleep } from 'node:timers/promises';
import { Machines } from '../../hosts/machines.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import { askReceiveSides } from '../../kernel/ask-receive-sides.js';
import { askWays } from '../../kernel/ask-ways.js';
import { HelperNodeReader, type NodeReader } from '../../kernel/node-reader.js';
import { askTakenPorts } from '../../kernel/taken-ports.js';
import { CodedError } from '../../model/errors.js';
import { isOverlay } from '../../model/overlay.js';
import { isRequest } from '../../model/protocol.js';
import type { ReceiveSide } from '../../model/receive-side.js';
import type { Transport } from '../../transports/transport.js';
import { engineOf } from '../probe/choose-engine.js';
import type { BisectHosts } from './bisect-hosts.js';
import type { BisectOptions } from './bisect-options.js';
import { chosenPorts, type KnownReceiver } from './chosen-ports.js';
import type { Connections } from './connections.js';

/** A SYN path to a node that can be asked how it receives. */
interface AskablePath {
  readonly path: HostsPath;
  /** The machine of the target, and a vantage that sits there. */
  readonly machine: string;
  readonly thereBy: string;
}

/** What was told so far, and which questions are open. */
interface Telling {
  readonly receivers: Map<HostsPath, KnownReceiver>;
  readonly taken: Map<string, ReadonlySet<number>>;
  readonly open: Set<{ readonly vantage: string }>;
}

/** Answers that are not there so soon after the last vantage was reached, or given up on, come too late. */
const GRACE_MS = 500;

export interface AskingLimits {
  readonly stop: AbortSignal;
  /** Default 500 ms. */
  readonly graceMs?: number;
}

/**
 * The same paths, where the key of the card that they lead to is known from source ports that come in on each of its
 * queues in turn. The machines are asked while the vantages are reached, which the run waits for anyway; what was not
 * told by then leaves paths as they are. What cannot be asked does so too: why shows when its prober is started.
 */
export async function withPortsByQueue(
  about: BisectHosts,
  engine: BisectOptions['engine'],
  connections: Pick<Connections, 'to' | 'reach' | 'giveUp'>,
  { stop, graceMs = GRACE_MS }: AskingLimits,
): Promise<BisectHosts> {
  const askable = askablePaths(about, engine);
  if (askable.length === 0) return about;
  const machines = new Map<string, Asked>();
  const askedOf = (vantage: string): Asked => {
    const asked = machines.get(vantage) ?? new Asked(() => connections.to(vantage));
    machines.set(vantage, asked);
    return asked;
  };
  const giveUp = (): void => connections.giveUp();
  stop.addEventListener('abort', giveUp);
  const late = new AbortController();
  const telling: Telling = { receivers: new Map(), taken: new Map(), open: new Set() };
  const probing = new Set(about.paths.map(({ measured }) => measured.vantage));
  try {
    const reached = Promise.all([...probing].map((vantage) => connections.reach(vantage)));
    await Promise.race([
      askAll(askable, askedOf, telling),
      reached.then(() => sleep(graceMs, undefined, { signal: late.signal }).catch(() => {})),
    ]);
    const { notes } = about;
    const silent = distinct([...telling.open].map(({ vantage }) => vantage)).map(
      (name) => `${name} did not tell in time how packets come and go there: source ports are arbitrary`,
    );
    return chosenPorts({ ...about, notes: [...notes, ...silent] }, telling, Math.random());
  } finally {
    late.abort();
    stop.removeEventListener('abort', giveUp);
    // One that does not answer ends with its connection.
    for (const asked of machines.values()) asked.close();
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

/** Asks them all at the same time: nobody waits for one that does not answer but who goes there. */
async function askAll(
  askable: readonly AskablePath[],
  askedOf: (vantage: string) => Asked,
  telling: Telling,
): Promise<void> {
  const ask = async (vantage: string, question: (reader: NodeReader) => Promise<void>): Promise<void> => {
    const open = { vantage };
    telling.open.add(open);
    await askedOf(vantage).inTurn(question);
    telling.open.delete(open);
  };
  const from = grouped(askable, ({ path }) => path.measured.vantage);
  await Promise.all(
    [...from].map(async ([vantage, own]) => {
      const sources = new Map<HostsPath, string>();
      await ask(vantage, async (reader) => {
        const ways = await askWays(reader, distinct(own.map(({ path }) => path.planned.address)));
        telling.taken.set(vantage, await askTakenPorts(reader));
        for (const { path } of own) {
          const way = ways.get(path.planned.address);
          if (way !== undefined) sources.set(path, way.source);
        }
      });
      const to = grouped(
        own.filter(({ path }) => sources.has(path)),
        ({ thereBy }) => thereBy,
      );
      await Promise.all(
        [...to].map(([thereBy, paths]) =>
          ask(thereBy, async (reader) => {
            const sides = await receiveSides(reader, distinct(paths.map(({ path }) => sources.get(path) as string)));
            for (const { path, machine } of paths) {
              const source = sources.get(path) as string;
              const side = sides.get(source);
              if (side !== undefined) telling.receivers.set(path, { source, machine, side });
            }
          }),
        ),
      );
    }),
  );
}

/**
 * How packets of each source are received: by the interface that answers leave by. Where they come in by another, the
 * flows will tell.
 */
async function receiveSides(reader: NodeReader, sources: readonly string[]): Promise<ReadonlyMap<string, ReceiveSide>> {
  const ways = [...(await askWays(reader, sources))];
  const sides = await askReceiveSides(reader, distinct(ways.map(([, way]) => way.interface)));
  return new Map(
    ways.flatMap(([source, way]) => {
      const side = sides.get(way.interface);
      return side === undefined ? [] : [[source, side] as const];
    }),
  );
}

/** A machine that is asked one question after the other. */
class Asked {
  #reader: HelperNodeReader | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(private readonly transport: () => Transport) {}

  /** Resolves when it has answered, or cannot be asked. */
  inTurn(question: (reader: NodeReader) => Promise<void>): Promise<void> {
    const answered = this.#last.then(async () => {
      if (this.#closed) return;
      try {
        this.#reader ??= new HelperNodeReader(this.transport());
        await question(this.#reader);
      } catch (error) {
        // Why shows when its prober is started.
        if (!(error instanceof CodedError)) throw error;
      }
    });
    this.#last = answered.catch(() => {});
    return answered;
  }

  close(): void {
    this.#closed = true;
    this.#reader?.close().catch(() => {});
  }
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
