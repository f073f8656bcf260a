import * as z from 'zod';
import type { MachineCount } from '../model/machine-counts.js';
import { cgroupMounts, controllerMount, MOUNTS_READ } from './cgroup-mounts.js';
import { CARDS_LISTED, machineCounts, machineOrders } from './machine-counters.js';
import { NodeFiles } from './node-files.js';
import type { NodeViews } from './read-node.js';
import { grown, NETSTAT, SNMP, type TcpCounters, tcpCounters } from './tcp-counters.js';

const listenersSchema = z
  .array(
    z.object({
      waiting: z.number(),
      limit: z.number(),
      process: z.number().nullable(),
      name: z.string().nullable(),
    }),
  )
  .nullable();

/** Groups above that of the server whose quota stops it as well. */
const MOST_ANCESTORS = 12;

/** Who listens. */
interface Listener {
  readonly process: number;
  readonly name: string;
  /** Processes that it has started; undefined where the kernel does not say (CONFIG_PROC_CHILDREN). */
  readonly workers?: readonly number[];
}

/** What the kernel of a machine has counted of a server since the first reading. Undefined: it does not say. */
export interface ServerAccount {
  readonly server: Listener | undefined;
  readonly throttledNs: number | undefined;
  /** Connections that found the accept queue full, of all ports. */
  readonly overflows: number | undefined;
  /** The most that waited to be accepted at any reading, and how many may. */
  readonly waiting: number | undefined;
  readonly limit: number | undefined;
  /** Segments sent again, of all connections. */
  readonly retransmitted: number | undefined;
  /** Longest growth of the server's run delay from reading to reading. */
  readonly runDelayNs: number | undefined;
  /** At how many of the readings a thread of the server was blocked (state D: a disk, a lock of the kernel). */
  readonly blocked: { readonly readings: number; readonly of: number } | undefined;
  /** What else the kernel counted. */
  readonly counted: Readonly<Partial<Record<MachineCount, number>>>;
}

/** Threads of a server that are looked at. */
const MOST_THREADS = 32;

/** Follows who listens on a port of a node: its sockets, its process, its control group. */
export class ServerFollower {
  #first: TcpCounters | undefined;
  #throttledNs: number | undefined;
  #firstThrottledNs: number | undefined;
  #lastDelayNs: number | undefined;
  #runDelayNs: number | undefined;
  #waiting: number | undefined;
  #limit: number | undefined;
  #blocked = 0;
  #looked = 0;
  #cards: NodeFiles | undefined;
  #firstCounts: ReadonlyMap<MachineCount, number> | undefined;
  #process: Listener | undefined;

  constructor(
    private readonly views: NodeViews,
    private readonly port: number,
  ) {}

  /**
   * Reads once more.
   * @throws CodedError when the node cannot be reached or no longer answers
   */
  async read(): Promise<ServerAccount> {
    const { network, machine } = this.views;
    this.#cards ??= new NodeFiles(await network.ask([CARDS_LISTED]));
    const orders = [`read ${NETSTAT}`, `read ${SNMP}`, `listener ${this.port}`, ...machineOrders(this.#cards)];
    const files = new NodeFiles(await network.ask(orders));
    const counters = tcpCounters(files);
    this.#first ??= counters;
    const counts = machineCounts(files, this.#cards);
    this.#firstCounts ??= counts;
    this.#takeSockets(files.listeners.get(String(this.port)));
    if (this.#process !== undefined) await this.#takeProcess(machine, this.#process.process);
    return {
      server: this.#process,
      throttledNs:
        this.#throttledNs === undefined ? undefined : Math.max(0, this.#throttledNs - (this.#firstThrottledNs ?? 0)),
      overflows: grown(this.#first, counters, 'ListenOverflows'),
      waiting: this.#waiting,
      limit: this.#limit,
      retransmitted: grown(this.#first, counters, 'RetransSegs'),
      runDelayNs: this.#runDelayNs,
      blocked: this.#looked === 0 ? undefined : { readings: this.#blocked, of: this.#looked },
      counted: growth(this.#firstCounts, counts),
    };
  }

  #takeSockets(json: string | undefined): void {
    const parsed = listenersSchema.safeParse(json === undefined ? null : JSON.parse(json));
    const sockets = parsed.success ? (parsed.data ?? []) : [];
    if (sockets.length === 0) return;
    this.#waiting = Math.max(this.#waiting ?? 0, ...sockets.map(({ waiting }) => waiting));
    this.#limit = Math.min(...sockets.map(({ limit }) => limit));
    const owner = sockets.find(({ process }) => process !== null);
    if (owner?.process == null) return;
    this.#process = { process: owner.process, name: owner.name ?? '?' };
  }

  async #takeThreads(machine: NodeViews['machine'], tasks: readonly string[]): Promise<void> {
    const paths = tasks.slice(0, MOST_THREADS).map((task) => `${task}/stat`);
    if (paths.length === 0) return;
    const files = new NodeFiles(await machine.ask(paths.map((path) => `read ${path}`)));
    const states = paths.flatMap((path) => {
      const reading = files.text(path);
      // A name may have anything in it, brackets too.
      return reading.kind === 'text' ? [/^.*\) (\S)/s.exec(reading.text)?.[1]] : [];
    });
    if (states.length === 0) return;
    this.#looked += 1;
    if (states.includes('D')) this.#blocked += 1;
  }

  async #takeProcess(machine: NodeViews['machine'], process: number): Promise<void> {
    const files = new NodeFiles(
      await machine.ask([
        ...[MOUNTS_READ, `read /proc/${process}/cgroup`, `read /proc/${process}/schedstat`],
        `read ${childrenOf(process)}`,
        `list /proc/${process}/task/*`,
      ]),
    );
    await this.#takeThreads(machine, files.paths(new RegExp(`^/proc/${process}/task/\\d+$`)));
    const children = files.text(childrenOf(process));
    if (children.kind === 'text' && this.#process !== undefined)
      this.#process = { ...this.#process, workers: children.text.split(' ').filter(Boolean).map(Number) };
    const delay = files.text(`/proc/${process}/schedstat`);
    if (delay.kind === 'text') {
      const delayNs = Number(delay.text.split(' ')[1] ?? Number.NaN);
      if (this.#lastDelayNs !== undefined && delayNs >= this.#lastDelayNs)
        this.#runDelayNs = Math.max(this.#runDelayNs ?? 0, delayNs - this.#lastDelayNs);
      this.#lastDelayNs = delayNs;
    }
    const stats = quotaFiles(files, process);
    if (stats === undefined) return;
    // No quota stops what is in no group.
    if (stats.length === 0) this.#throttledNs = 0;
    if (stats.length === 0) return;
    const read = new NodeFiles(await machine.ask(stats.map((path) => `read ${path}`)));
    const times = stats.flatMap((path) => throttledNs(read, path) ?? []);
    if (times.length === 0) return;
    // Groups above stop it too, and count for themselves.
    this.#throttledNs = times.reduce((sum, ns) => sum + ns, 0);
    this.#firstThrottledNs ??= this.#throttledNs;
  }
}

const childrenOf = (process: number): string => `/proc/${process}/task/${process}/children`;

/** How far each has come that both readings have. */
function growth(
  before: ReadonlyMap<MachineCount, number>,
  after: ReadonlyMap<MachineCount, number>,
): ServerAccount['counted'] {
  return Object.fromEntries(
    [...after].flatMap(([name, now]) => {
      const then = before.get(name);
      return then === undefined ? [] : [[name, Math.max(0, now - then)] as const];
    }),
  );
}

/** `cpu.stat` of the process's group and of those above it; none at the root. Undefined where its group is not known. */
function quotaFiles(files: NodeFiles, process: number): string[] | undefined {
  const mounts = cgroupMounts(files);
  const groups = files.text(`/proc/${process}/cgroup`);
  if (typeof mounts === 'string' || groups.kind === 'none') return undefined;
  const mount = controllerMount(mounts, 'cpu');
  if (mount === undefined) return undefined;
  const line = groups.text.split('\n').find((one) => {
    const [, controllers = ''] = one.split(':');
    return mount.version === 2 ? controllers === '' : controllers.split(',').includes('cpu');
  });
  const path = line?.split(':').slice(2).join(':');
  if (path === undefined || path.includes('/..')) return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  return Array.from({ length: Math.min(parts.length, MOST_ANCESTORS) }, (_, i) =>
    [mount.root, ...parts.slice(0, parts.length - i), 'cpu.stat'].join('/'),
  );
}

/** Version 1 counts nanoseconds in throttled_time, version 2 microseconds in throttled_usec. */
function throttledNs(files: NodeFiles, path: string): number | undefined {
  const reading = files.text(path);
  if (reading.kind === 'none') return undefined;
  const field = (name: string): number | undefined => {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(reading.text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const micro = field('throttled_usec');
  return field('throttled_time') ?? (micro === undefined ? undefined : micro * 1000);
}
