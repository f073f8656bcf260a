import { ChanceSequence, hashText, hashWords, unit } from '../../../src/engines/sim/faults/chance.js';
import type { EdgeKind, EdgeProtocol } from '../../../src/model/fleet/member.js';
import { MS, SECOND } from '../../../src/model/time.js';

/** What is wrong in a simulated fleet. Nodes by number. */
export type FleetFault =
  | { readonly is: 'rx-queue'; readonly node: number; readonly queues: number }
  | { readonly is: 'host' | 'sender' | 'nat' | 'overlay' | 'pod'; readonly node: number }
  | { readonly is: 'zones'; readonly between: readonly [number, number] }
  /** Its agent has no CPU and takes its own pauses for stalls. */
  | { readonly is: 'throttled'; readonly node: number };

export interface FleetModel {
  readonly seed: number;
  readonly nodes: number;
  readonly zones: number;
  /** Whether agents say in which zone they are. */
  readonly zonesKnown: boolean;
  readonly windowNs: number;
  readonly scrapeNs: number;
  readonly faults: readonly FleetFault[];
  /** Of scrapes, those that fail. */
  readonly lostScrapes: number;
  /** Clocks of nodes are off by up to this, either way. */
  readonly clockErrorNs: number;
  /** Nodes that joined in the window, and nodes that left in it. */
  readonly churn: number;
  readonly periodNs: number;
  readonly stallNs: number;
  /** Stalls of single edges without a cause, in the whole window, for each thousand edges. */
  readonly strays: number;
  /** Single slow probes without a cause, the same way. */
  readonly slowProbes: number;
  /** Share of healthy nodes whose receive side stalls once. */
  readonly hiccups: number;
}

export const USUAL_FLEET: Omit<FleetModel, 'seed' | 'faults'> = {
  nodes: 1000,
  zones: 3,
  zonesKnown: true,
  windowNs: 600 * SECOND,
  scrapeNs: 15 * SECOND,
  lostScrapes: 0.02,
  clockErrorNs: 100 * MS,
  churn: 10,
  periodNs: 60 * SECOND,
  stallNs: 140 * MS,
  strays: 1,
  slowProbes: 20,
  hiccups: 0.01,
};

export const NEIGHBOURS = 10;
const IN_ZONE = 6;
/** One probe to a neighbour, of whatever kind. */
export const EDGE_INTERVAL_NS = 40 * MS;
/** So close to its release a held probe looks like any other. */
const LEAST_HOLD_NS = 10 * MS;
/** Held probes that make a stall on the way to one neighbour; one alone is slow from this on. */
const LEAST_HELD = 2;
const SLOW_NS = 100 * MS;
const LEAST_INBOUND = 3;

/** The ways in which an agent probes one neighbour, in turn. */
export const EDGE_PATHS: readonly { readonly kind: EdgeKind; readonly protocol: EdgeProtocol }[] = [
  { kind: 'node', protocol: 'icmp' },
  { kind: 'node', protocol: 'syn' },
  { kind: 'pod', protocol: 'icmp' },
  { kind: 'pod', protocol: 'syn' },
  { kind: 'nodeport', protocol: 'syn' },
];
const FLOWS = 16;

/** Stalls of one path, or of what arrives at a node. Releases are on the clock of the agent that saw them. */
export interface SeenStalls {
  readonly releaseNs: number[];
  readonly heldNs: number[];
}

export interface SeenArrivals extends SeenStalls {
  readonly place: ('receive' | 'all')[];
  readonly flowsHeld: number[];
  readonly flowsExposed: number[];
}

/** A fleet with all that its agents saw in the window. */
export interface SimulatedFleet {
  readonly model: FleetModel;
  /** Those there at the end of the window. */
  readonly nodes: readonly number[];
  /** From when on; 0 for those that were there before the window. */
  readonly joinedNs: ReadonlyMap<number, number>;
  /** By node, whom it probes. */
  readonly neighbours: ReadonlyMap<number, readonly number[]>;
  /** By {@link pathKey}; only where there is one. */
  readonly stalls: ReadonlyMap<string, SeenStalls>;
  readonly arrivals: ReadonlyMap<number, SeenArrivals>;
  /** Single slow probes by {@link edgeKey}; only where there is one. */
  readonly spikes: ReadonlyMap<string, readonly number[]>;
  readonly throttled: ReadonlySet<number>;
}

export function nodeName(node: number): string {
  return `node-${String(node).padStart(4, '0')}`;
}

export function zoneOf(node: number, { zones }: Pick<FleetModel, 'zones'>): string {
  return String.fromCharCode(97 + (node % zones));
}

/** @param path index in {@link EDGE_PATHS} */
export function pathKey(from: number, to: number, path: number): string {
  return `${from}>${to}/${path}`;
}

export function edgeKey(from: number, to: number): string {
  return `${from}>${to}`;
}

/** Runs the window: who probes whom, what stalls, and what each agent makes of the probes it lost time on. */
export function simulateFleet(model: FleetModel): SimulatedFleet {
  const chance = new ChanceSequence(hashWords(model.seed, 17));
  const nodes = Array.from({ length: model.nodes }, (_, node) => node);
  const neighbours = ringNeighbours(nodes, model);
  const joinedNs = new Map(nodes.map((node) => [node, 0]));
  for (let i = 0; i < model.churn && model.nodes > 3 * model.churn; i += 1) {
    const node = chance.between(0, model.nodes - 1);
    if (!model.faults.some((fault) => 'node' in fault && fault.node === node)) {
      joinedNs.set(node, chance.between(0, model.windowNs));
    }
  }
  const world = new World(model, nodes, neighbours, joinedNs);
  for (const [index, fault] of model.faults.entries()) world.runFault(fault, index);
  world.runNoise(chance);
  return { model, nodes, joinedNs, neighbours, ...world.seen };
}

class World {
  readonly #stalls = new Map<string, SeenStalls>();
  readonly #arrivals = new Map<number, SeenArrivals>();
  readonly #spikes = new Map<string, number[]>();
  readonly #throttled = new Set<number>();
  readonly #probers = new Map<number, number[]>();
  /** By edge: instants at which its agent saw it stall, for escalation. */
  readonly #sighted = new Map<string, number[]>();

  constructor(
    private readonly model: FleetModel,
    private readonly nodes: readonly number[],
    private readonly neighbours: ReadonlyMap<number, readonly number[]>,
    private readonly joinedNs: ReadonlyMap<number, number>,
  ) {
    for (const [from, others] of neighbours) {
      for (const to of others) this.#probers.set(to, [...(this.#probers.get(to) ?? []), from]);
    }
  }

  get seen() {
    for (const releases of this.#spikes.values()) releases.sort((a, b) => a - b);
    return { stalls: this.#stalls, arrivals: this.#arrivals, spikes: this.#spikes, throttled: this.#throttled };
  }

  runFault(fault: FleetFault, index: number): void {
    const chance = new ChanceSequence(hashWords(this.model.seed, 99, index));
    const { periodNs, windowNs, stallNs } = this.model;
    for (let at = chance.between(0, periodNs); at < windowNs - 2 * SECOND; at += periodNs) {
      const startNs = at + chance.between(0, periodNs / 10);
      const lengthNs = Math.round(stallNs * (0.8 + 0.4 * unit(chance.word())));
      this.#stall(fault, startNs, startNs + lengthNs);
    }
    if (fault.is === 'throttled') this.#throttled.add(fault.node);
  }

  runNoise(chance: ChanceSequence): void {
    const { windowNs, hiccups, strays, slowProbes, seed } = this.model;
    const edges = this.nodes.length * NEIGHBOURS;
    for (let i = 0; i < (edges / 1000) * strays; i += 1) {
      const from = chance.between(0, this.nodes.length - 1);
      const others = this.neighbours.get(from) ?? [];
      const to = others[chance.between(0, others.length - 1)];
      if (to === undefined) continue;
      const startNs = chance.between(0, windowNs - 2 * SECOND);
      this.#onEdge(from, to, startNs, startNs + chance.between(40 * MS, 200 * MS), () => true);
    }
    const slow = new ChanceSequence(hashWords(seed, 23));
    for (let i = 0; i < (edges / 1000) * slowProbes; i += 1) {
      const from = slow.between(0, this.nodes.length - 1);
      const others = this.neighbours.get(from) ?? [];
      const to = others[slow.between(0, others.length - 1)];
      if (to !== undefined) this.#slow(from, to, slow.between(0, windowNs));
    }
    for (const node of this.nodes) {
      if (unit(chance.word()) >= hiccups) continue;
      const startNs = chance.between(0, windowNs - 2 * SECOND);
      this.#stall({ is: 'host', node }, startNs, startNs + chance.between(30 * MS, 120 * MS));
    }
  }

  #stall(fault: FleetFault, startNs: number, endNs: number): void {
    if (fault.is === 'zones') {
      const [a, b] = fault.between;
      for (const from of this.nodes) {
        for (const to of this.neighbours.get(from) ?? []) {
          const zones = [from % this.model.zones, to % this.model.zones];
          if (zones.includes(a) && zones.includes(b)) this.#onEdge(from, to, startNs, endNs, () => true);
        }
      }
      return;
    }
    const { node } = fault;
    const stalled = fault.is === 'rx-queue' ? hashWords(this.model.seed, node, 5) % fault.queues : -1;
    const inQueue = (peer: number, path: number, flow: number): boolean =>
      fault.is !== 'rx-queue' || this.#queueOf(peer, node, path, flow, fault.queues) === stalled;
    const holds = (path: number): boolean => {
      const { kind } = EDGE_PATHS[path] as (typeof EDGE_PATHS)[number];
      switch (fault.is) {
        case 'nat':
          return kind === 'nodeport';
        case 'overlay':
          return kind === 'pod';
        case 'pod':
          return kind !== 'node';
        default:
          return true;
      }
    };
    const comesIn = fault.is !== 'sender' && fault.is !== 'throttled';
    const goesOut = fault.is !== 'nat' && fault.is !== 'pod';
    const arrived: { peer: number; held: boolean }[] = [];
    for (const peer of this.#probers.get(node) ?? []) {
      if (!comesIn) break;
      this.#onEdge(peer, node, startNs, endNs, (path, flow) => holds(path) && inQueue(peer, path, flow), arrived);
    }
    for (const peer of this.neighbours.get(node) ?? []) {
      // A card may steer replies to the queue of the CPU that sent the probe.
      if (!goesOut || (fault.is === 'rx-queue' && hashWords(this.model.seed, node, 6) % 10 < 4)) break;
      this.#onEdge(node, peer, startNs, endNs, (path, flow) => holds(path) && inQueue(peer, path, flow));
    }
    if (fault.is === 'rx-queue' || fault.is === 'host') this.#atArrival(node, arrived, startNs, endNs);
  }

  /** Receive queue of a flow, ICMP hashing by addresses alone. */
  #queueOf(peer: number, node: number, path: number, flow: number, queues: number): number {
    const { protocol, kind } = EDGE_PATHS[path] as (typeof EDGE_PATHS)[number];
    const words = protocol === 'icmp' ? hashText(peer, kind) : hashWords(peer, path, flow);
    return hashWords(this.model.seed, node, words) % queues;
  }

  /** What the agent of `from` makes of a hold from `startNs` to `endNs` of the probes that `isHeld` says. */
  #onEdge(
    from: number,
    to: number,
    startNs: number,
    endNs: number,
    isHeld: (path: number, flow: number) => boolean,
    arrived?: { peer: number; held: boolean }[],
  ): void {
    if (Math.max(this.joinedNs.get(from) ?? 0, this.joinedNs.get(to) ?? 0) > startNs) return;
    const key = `${from}>${to}`;
    const intervalNs = this.#isEscalated(from, to, startNs) ? EDGE_INTERVAL_NS / 4 : EDGE_INTERVAL_NS;
    const phaseNs = hashWords(this.model.seed, from, to) % intervalNs;
    const held = new Set<number>();
    let firstNs = endNs;
    let probes = 0;
    for (let slot = Math.ceil((startNs - phaseNs) / intervalNs); ; slot += 1) {
      const dueNs = phaseNs + slot * intervalNs;
      if (dueNs > endNs - LEAST_HOLD_NS) break;
      const path = slot % EDGE_PATHS.length;
      const flow = Math.floor(slot / EDGE_PATHS.length) % FLOWS;
      const waits = isHeld(path, flow);
      arrived?.push({ peer: from, held: waits });
      if (!waits) continue;
      probes += 1;
      held.add(path);
      firstNs = Math.min(firstNs, dueNs);
    }
    if (probes === 1 && endNs - firstNs >= SLOW_NS) this.#slow(from, to, endNs);
    if (probes < LEAST_HELD) return;
    this.#sighted.set(key, [...(this.#sighted.get(key) ?? []), startNs]);
    const clockNs = this.clockNs(from);
    // As an agent tells it: from the middle between its last probe that passed and the first that was held.
    const heldNs = endNs - firstNs + intervalNs / 2;
    for (const path of held) add(this.#stalls, pathKey(from, to, path), endNs + clockNs, heldNs);
  }

  #slow(from: number, to: number, atNs: number): void {
    const key = edgeKey(from, to);
    this.#spikes.set(key, [...(this.#spikes.get(key) ?? []), atNs + this.clockNs(from)]);
  }

  /** Two stalls of its own within five minutes, by one of the two agents whose turn it is. */
  #isEscalated(from: number, to: number, atNs: number): boolean {
    const mine = [...(this.#probers.get(to) ?? [])].sort((a, b) => hashWords(7, a, to) - hashWords(7, b, to));
    if (!mine.slice(0, 2).includes(from)) return false;
    const recent = (this.#sighted.get(`${from}>${to}`) ?? []).filter((seen) => seen > atNs - 480 * SECOND);
    return recent.some(
      (seen, i) => i > 0 && seen - (recent[i - 1] as number) < 300 * SECOND && atNs - seen < 180 * SECOND,
    );
  }

  #atArrival(node: number, arrived: readonly { peer: number; held: boolean }[], startNs: number, endNs: number): void {
    const held = arrived.filter((one) => one.held);
    const senders = new Set(held.map(({ peer }) => peer));
    if (held.length < LEAST_INBOUND || senders.size < 2) return;
    const known = this.#arrivals.get(node) ?? { releaseNs: [], heldNs: [], place: [], flowsHeld: [], flowsExposed: [] };
    this.#arrivals.set(node, known);
    known.releaseNs.push(endNs + this.clockNs(node));
    known.heldNs.push(endNs - startNs);
    known.place.push(held.length === arrived.length ? 'all' : 'receive');
    known.flowsHeld.push(held.length);
    known.flowsExposed.push(arrived.length);
  }

  clockNs(node: number): number {
    return Math.round((2 * unit(hashWords(this.model.seed, node, 3)) - 1) * this.model.clockErrorNs);
  }
}

function add(all: Map<string, SeenStalls>, key: string, releaseNs: number, heldNs: number): void {
  const known = all.get(key) ?? { releaseNs: [], heldNs: [] };
  all.set(key, known);
  known.releaseNs.push(releaseNs);
  known.heldNs.push(heldNs);
}

/** Successors on two rings over the zone and two over all nodes, so that each node is probed by about as many. */
function ringNeighbours(nodes: readonly number[], model: FleetModel): Map<number, readonly number[]> {
  const rings = [1, 2, 3, 4].map((ring) => {
    const order = [...nodes].sort((a, b) => hashWords(model.seed, ring, a) - hashWords(model.seed, ring, b));
    return { order, places: new Map(order.map((node, place) => [node, place])) };
  });
  const inZone = model.zones > 1 ? IN_ZONE : 0;
  return new Map(
    nodes.map((node) => {
      const chosen = new Set<number>();
      const take = (ring: number, wanted: number, same: boolean): void => {
        const { order, places } = rings[ring] as (typeof rings)[number];
        const place = places.get(node) as number;
        const until = chosen.size + wanted;
        for (let step = 1; step < order.length && chosen.size < until; step += 1) {
          const other = order[(place + step) % order.length] as number;
          if (!same || other % model.zones === node % model.zones) chosen.add(other);
        }
      };
      for (const ring of [0, 1]) take(ring, inZone / 2, true);
      for (const ring of [2, 3]) take(ring, (NEIGHBOURS - inZone) / 2, false);
      return [node, [...chosen]];
    }),
  );
}
