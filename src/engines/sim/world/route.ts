import type { PlannedPath } from '../../../model/plan.js';
import { hashWords } from '../faults/chance.js';
import { DROPPED, type Packet } from '../faults/disturbance.js';
import { LINKS } from '../faults/fault-schema.js';
import type { SmoothNoise } from '../faults/smooth-noise.js';
import type { Machine, Pod, Vantage } from '../scenario/scenario.js';
import { type FiveTuple, type HashSettings, type OuterPacket, queueOf, type WirePacket } from './flow-hash.js';
import type { Stage } from './stage.js';
import { type Answer, answerOf, type PlacedPod, type Target } from './target.js';
import type { Leg, Place, World } from './world.js';

/** A stretch of the way, then a stage at its end. */
interface Crossing {
  readonly travelNs: number;
  /** Further time for a connection that the stage does not know yet. */
  readonly freshNs: number;
  readonly noise: SmoothNoise | null;
  readonly stage: Stage | null;
  readonly queueOf: (fromPort: number) => number;
}

/** The way of a probe to what answers it, and of the reply back. */
export interface Route {
  readonly out: readonly Crossing[];
  readonly back: readonly Crossing[];
  /** The way of what opens a connection, where one is opened before anything is asked. */
  readonly opens: readonly Crossing[] | null;
  readonly answer: Answer;
  readonly answersInNs: number;
  /** TTL of the reply at the vantage. */
  readonly ttl: number;
}

/** What routers and switches spread packets over equal links by. */
const BY_PORTS: HashSettings = { tcp: 'ports', udp: 'ports', ipip: 'inner' };
const INITIAL_TTL = 64;
/** What an undisturbed server, and a resolver that knows the name, take. */
const HTTP_NS = 2_000_000;
const DNS_NS = 300_000;
const FORWARDED_BY_NODE = 1;

/** When a packet that starts then is through; {@link DROPPED} when it never is. */
export function travel(crossings: readonly Crossing[], startNs: number, fromPort: number, packet: Packet): number {
  let timeNs = startNs;
  for (const { travelNs, freshNs, noise, stage, queueOf } of crossings) {
    timeNs += travelNs;
    if (packet.fresh) timeNs += freshNs;
    if (noise !== null) timeNs += noise.at(timeNs);
    if (stage === null) continue;
    timeNs = stage.leave(timeNs, queueOf(fromPort), packet);
    if (timeNs === DROPPED) return DROPPED;
  }
  return timeNs;
}

/** The routes of a path, one for each backend; empty where its target is nowhere. */
export function routesTo(world: World, vantage: Vantage, target: Target, path: PlannedPath): Route[] {
  switch (target.kind) {
    case 'nowhere':
      return [];
    case 'self':
    case 'node':
      return [new RouteMap(world, vantage, path).toNode(target.machine)];
    case 'pod':
      return [new RouteMap(world, vantage, path).toPod(target.backend, path.port ?? 0, false)];
    case 'service':
      return target.backends.map((pod) => new RouteMap(world, vantage, path).toPod(pod, target.port, true));
    case 'nodeport':
      return target.backends.map((pod) => new RouteMap(world, vantage, path).toNodePort(target, pod));
  }
}

/** Which of several backends gets it. @param by the source port of a flow, or what is drawn for each probe */
export function backendOf(world: World, by: number, backends: number): number {
  return backends === 1 ? 0 : hashWords(world.scenario.seed, 0xbac4e4d, by) % backends;
}

type Tuple = (fromPort: number) => FiveTuple;

/** Puts the two legs of one route together, stage by stage. */
class RouteMap {
  private readonly out: Crossing[] = [];
  private readonly back: Crossing[] = [];
  private routersBack = 0;
  private readonly own: string;

  constructor(
    private readonly world: World,
    vantage: Vantage,
    private readonly path: PlannedPath,
  ) {
    this.own = vantage.machine;
  }

  toNode(machine: string): Route {
    const at = this.machine(machine);
    if (machine !== this.own) {
      const there = this.tuple(this.machine(this.own).address, at.address, this.path.port ?? 0);
      this.transmit(there);
      this.wire('out', this.own, machine, there);
      this.wire('back', machine, this.own, reversed(there));
    }
    return this.done(machine, at, this.path.port ?? 0, 0);
  }

  toPod(backend: PlacedPod, podPort: number, throughService: boolean): Route {
    const there = this.tuple(this.machine(this.own).address, backend.pod.address, podPort);
    if (throughService) this.nat('out', this.own);
    if (backend.machine !== this.own) {
      this.transmit(there);
      this.tunnel('out', this.own, backend.machine, backend.pod, there);
    }
    this.pod(backend.machine);
    if (backend.machine !== this.own) this.tunnel('back', backend.machine, this.own, backend.pod, reversed(there));
    if (throughService) this.nat('back', this.own);
    // What a pod answers to its own node nobody passes on.
    return this.done(backend.machine, backend.pod, podPort, backend.machine === this.own ? 0 : FORWARDED_BY_NODE);
  }

  toNodePort({ machine, port, directReturn }: Extract<Target, { kind: 'nodeport' }>, backend: PlacedPod): Route {
    const node = this.machine(machine);
    const remote = backend.machine !== machine;
    const there = this.tuple(this.machine(this.own).address, node.address, this.path.port ?? 0);
    // Towards another node the node puts its own address in, or the reply would not come back through it.
    const onward = this.tuple(node.address, backend.pod.address, port);
    this.transmit(there);
    this.wire('out', this.own, machine, there);
    this.nat('out', machine);
    if (remote) this.tunnel('out', machine, backend.machine, backend.pod, onward);
    this.pod(backend.machine);
    if (remote && directReturn) {
      this.wire('back', backend.machine, this.own, reversed(there));
      return this.done(backend.machine, backend.pod, port, FORWARDED_BY_NODE);
    }
    if (remote) this.tunnel('back', backend.machine, machine, backend.pod, reversed(onward));
    this.nat('back', machine);
    this.wire('back', machine, this.own, reversed(there));
    return this.done(backend.machine, backend.pod, port, remote ? 2 * FORWARDED_BY_NODE : FORWARDED_BY_NODE);
  }

  private done(
    machine: string,
    at: { readonly answersInNs: number } & Parameters<typeof answerOf>[0],
    port: number,
    forwarded: number,
  ): Route {
    return {
      ...this.process(machine, at, port),
      back: this.back,
      answer: answerOf(at, this.path.protocol, port),
      answersInNs: at.answersInNs,
      ttl: Math.max(1, INITIAL_TTL - this.routersBack - forwarded),
    };
  }

  /** The way out with what is behind the network: the queue of the port that listens, and for requests the process. */
  private process(machine: string, at: Parameters<typeof answerOf>[0], port: number): Pick<Route, 'out' | 'opens'> {
    const { protocol } = this.path;
    const listens = (at.ports[String(port)] ?? at.otherPorts) === 'open';
    const opens = protocol === 'http' ? [...this.out] : null;
    if (!listens) return { out: this.out, opens };
    const listener: Place = { stage: 'listener', machine };
    if (protocol === 'syn') this.add('out', listener, {});
    if (opens !== null) this.addTo(opens, 'out', listener, {});
    if (protocol === 'http') this.add('out', { stage: 'process', machine }, { travelNs: HTTP_NS });
    if (protocol === 'dns') this.add('out', { stage: 'names', machine }, { travelNs: DNS_NS });
    return { out: this.out, opens };
  }

  private machine(name: string): Machine {
    const machine = this.world.scenario.machines[name];
    if (machine === undefined) throw new Error(`no machine ${name}: the scenario was not checked`);
    return machine;
  }

  private tuple(from: string, to: string, toPort: number): Tuple {
    const { protocol } = this.path;
    return (fromPort) => ({ protocol, from, to, fromPort, toPort });
  }

  private add(leg: Leg, place: Place, parts: Partial<Crossing>): void {
    this.addTo(leg === 'out' ? this.out : this.back, leg, place, parts);
  }

  private addTo(way: Crossing[], leg: Leg, place: Place, parts: Partial<Crossing>): void {
    const stage = this.world.stage(place, leg);
    const crossing = { travelNs: 0, freshNs: 0, noise: null, queueOf: () => 0, ...parts, stage };
    const nothing = stage === null && crossing.noise === null && crossing.travelNs === 0 && crossing.freshNs === 0;
    if (!nothing) way.push(crossing);
  }

  private transmit(tuple: Tuple): void {
    const { queues, hash } = this.machine(this.own);
    const key = hashWords(this.world.hashKey(this.own), 0x7a);
    this.add(
      'out',
      { stage: 'transmit', machine: this.own },
      { queueOf: remembered((port) => queueOf({ tuple: tuple(port) }, key, hash, queues)) },
    );
  }

  /** The network to a machine and its receive queues. */
  private wire(leg: Leg, from: string, to: string, tuple: Tuple, outer?: OuterPacket): void {
    const { latencyNs, routers, noise } = this.world.link(from, to);
    const linkKey = hashWords(this.world.scenario.seed, 0x117c5);
    const spread = (port: number): number => queueOf({ tuple: tuple(port) }, linkKey, BY_PORTS, LINKS);
    this.add(leg, { stage: 'network', from, to }, { travelNs: latencyNs, noise, queueOf: remembered(spread) });
    if (leg === 'back' && outer === undefined) this.routersBack += routers;
    const { queues, hash, steerRepliesTo } = this.machine(to);
    const ownReplies = leg === 'back' && to === this.own;
    const key = this.world.hashKey(to);
    const wirePacket = (port: number): WirePacket =>
      outer === undefined ? { tuple: tuple(port) } : { tuple: tuple(port), outer };
    const steered = ownReplies ? steerRepliesTo : undefined;
    const hashed = remembered((port) => queueOf(wirePacket(port), key, hash, queues));
    this.add(
      leg,
      { stage: 'receive', machine: to, ownReplies },
      { queueOf: steered === undefined ? hashed : () => steered },
    );
  }

  /** Inside the tunnel the routers on the way do not count down the TTL of the packet. */
  private tunnel(leg: Leg, from: string, to: string, { overlay }: Pod, tuple: Tuple): void {
    this.add(leg, { stage: overlay, from, to }, {});
    this.wire(leg, from, to, tuple, { overlay, from: this.machine(from).address, to: this.machine(to).address });
  }

  private nat(leg: Leg, machine: string): void {
    const { natPerPacketNs, natPerConnectionNs } = this.machine(machine);
    const freshNs = leg === 'out' ? natPerConnectionNs : 0;
    this.add(leg, { stage: 'nat', machine }, { travelNs: natPerPacketNs, freshNs });
  }

  private pod(machine: string): void {
    this.add('out', { stage: 'pod', machine }, {});
    this.add('back', { stage: 'pod', machine }, {});
  }
}

function reversed(tuple: Tuple): Tuple {
  return (port) => {
    const { protocol, from, to, fromPort, toPort } = tuple(port);
    return { protocol, from: to, to: from, fromPort: toPort, toPort: fromPort };
  };
}

/** Hashing once for each port in use: few are, but for fresh ones, and those come round again. */
function remembered(queue: (port: number) => number): (port: number) => number {
  let known: Int16Array | undefined;
  return (port) => {
    known ??= new Int16Array(0x1_0000).fill(-1);
    let value = known[port] ?? -1;
    if (value < 0) known[port] = value = queue(port);
    return value;
  };
}
