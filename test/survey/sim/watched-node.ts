import { type InboundStall, InboundWatch } from '../../../src/detect/fleet/inbound-watch.js';
import { OwnReplies } from '../../../src/detect/fleet/own-replies.js';
import { ChanceSequence, hashText, hashWords, unit } from '../../../src/engines/sim/faults/chance.js';
import { Neighbours } from '../../../src/fleet/ring/neighbours.js';
import type { Arrived } from '../../../src/model/fleet/arrived.js';
import type { EdgePath } from '../../../src/model/fleet/edge.js';
import type { Member } from '../../../src/model/fleet/member.js';
import type { SampleColumns } from '../../../src/model/sample.js';
import { MS, SECOND } from '../../../src/model/time.js';
import {
  EDGE_INTERVAL_NS,
  EDGE_PATHS,
  edgeKey,
  NEIGHBOURS,
  nodeName,
  pathKey,
  type SeenArrivals,
  type SeenStalls,
  type SimulatedFleet,
  USUAL_FLEET,
} from './fleet-model.js';
import type { DueProbe } from './probe-train.js';
import { WatchingAgent, type Way } from './watching-agent.js';

export interface NodeTrial {
  readonly seed: number;
  readonly nodes: number;
  readonly queues: number;
  readonly windowNs: number;
  readonly periodNs: number;
  readonly stallNs: number;
}

/** A stall of the bad node, and who of those that watch it saw what. */
export interface TrueStall {
  readonly startNs: number;
  readonly endNs: number;
  /**
   * Announced probes, and replies to the node's own usual ones, that reached it while it was on, those aside that its card
   * steers to a queue of their own; and those of them in the queue that stalled.
   */
  arrived: number;
  held: number;
  inbound: InboundStall | undefined;
  readonly edges: {
    readonly by: string;
    readonly startMin: number;
    readonly startMax: number;
    readonly probes: number;
  }[];
}

export interface WatchedNode {
  readonly fleet: SimulatedFleet;
  readonly bad: number;
  readonly stalls: readonly TrueStall[];
  /** Of findings that match no stall of the node. */
  readonly strangers: number;
}

/** Agents know the usual round trips of their paths by then. */
const SETTLE_NS = 20 * SECOND;
const STEP_NS = 1 * SECOND;
const ONE_WAY_NS = 0.1 * MS;
const JITTER_NS = 0.015 * MS;
/** Now and then a host answers late: one probe of so many, by up to so much. */
const LATE = { oneOf: 500, mostNs: 3 * MS } as const;
const LOST_OF = 10_000;
const DRAIN_NS = 0.01 * MS;
const SAME_NS = 20 * MS;

/** Runs the agents that probe a node, and its own, while one of its receive queues stalls now and then. */
export function watchNode(trial: NodeTrial): WatchedNode {
  const world = new WatchedWorld(trial);
  world.run();
  return world.result;
}

class WatchedWorld {
  readonly #bad: number;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #rings: Neighbours;
  readonly #chance: ChanceSequence;
  readonly #agents = new Map<number, WatchingAgent>();
  readonly #inbound: InboundWatch;
  readonly #stalls: TrueStall[] = [];
  readonly #stalled: number;
  /** A card may steer replies to the queue of the CPU that sent the probe. */
  readonly #steers: boolean;
  #arrivals: Arrived[] = [];
  #strangers = 0;
  readonly #seen = {
    stalls: new Map<string, SeenStalls>(),
    arrivals: new Map<number, SeenArrivals>(),
    spikes: new Map<string, number[]>(),
  };

  constructor(private readonly trial: NodeTrial) {
    const { seed, nodes, queues, periodNs, windowNs, stallNs } = trial;
    this.#chance = new ChanceSequence(hashWords(seed, 41));
    this.#bad = this.#chance.between(0, nodes - 1);
    this.#stalled = this.#chance.between(0, queues - 1);
    this.#steers = this.#chance.between(0, 9) < 4;
    const members = Array.from({ length: nodes }, (_, node) => memberOf(node));
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.#rings = new Neighbours(members, { neighbours: NEIGHBOURS, sameZone: 0 });
    const name = nodeName(this.#bad);
    const probers = this.#rings.probersOf(name);
    this.#inbound = new InboundWatch(name, EDGE_INTERVAL_NS / (probers.length + this.#rings.probedBy(name).length));
    for (const from of new Set([name, ...probers])) {
      const node = numberOf(from);
      const way: Way = (probe, path, announced) => this.#wayOf(node, probe, path, announced);
      const matters = (to: string): boolean => from === name || to === name;
      const startNs = this.#chance.between(0, 5 * SECOND);
      const replied = from === name ? this.#replied() : undefined;
      this.#agents.set(node, new WatchingAgent(from, this.#members, this.#rings, way, matters, startNs, replied));
    }
    const first = SETTLE_NS + this.#chance.between(0, periodNs);
    for (let startNs = first; startNs < SETTLE_NS + windowNs - 2 * SECOND; startNs += periodNs) {
      this.#stalls.push({ startNs, endNs: startNs + stallNs, arrived: 0, held: 0, inbound: undefined, edges: [] });
    }
  }

  run(): void {
    const endNs = SETTLE_NS + this.trial.windowNs;
    for (let nowNs = STEP_NS; nowNs <= endNs; nowNs += STEP_NS) {
      for (const agent of this.#agents.values()) agent.advance(nowNs);
      this.#hear(nowNs);
    }
    for (const [from, agent] of this.#agents) this.#tell(from, agent);
  }

  get result(): WatchedNode {
    const { seed, nodes, windowNs, stallNs, periodNs } = this.trial;
    const model = { ...USUAL_FLEET, seed, nodes, windowNs, stallNs, periodNs, zonesKnown: false, faults: [] };
    const names = [...this.#members.keys()];
    const fleet: SimulatedFleet = {
      model: { ...model, faults: [{ is: 'rx-queue', node: this.#bad, queues: this.trial.queues }] },
      nodes: names.map(numberOf),
      joinedNs: new Map(names.map((name) => [numberOf(name), 0])),
      neighbours: new Map(names.map((name) => [numberOf(name), this.#rings.probedBy(name).map(numberOf)])),
      throttled: new Set(),
      ...this.#seen,
    };
    return { fleet, bad: this.#bad, stalls: this.#stalls, strangers: this.#strangers };
  }

  #wayOf(from: number, probe: DueProbe, path: EdgePath, announced: boolean): { readonly rttNs: number } | null {
    if (this.#chance.between(0, LOST_OF) === 0) return null;
    const jitter = (): number => -JITTER_NS * Math.log(1 - unit(this.#chance.word()));
    const late = this.#chance.between(1, LATE.oneOf) === 1 ? this.#chance.between(0, LATE.mostNs) : 0;
    const toBad = from !== this.#bad;
    // An answer of another node reaches the queues of this one after the way there and back.
    const arrivesNs = probe.dueNs + jitter() + (toBad ? ONE_WAY_NS : 2 * ONE_WAY_NS + late);
    const heldNs = this.#heldFor(toBad ? from : numberOf(path.to), probe, path, { arrivesNs, toBad, announced });
    const rttNs = toBad ? 2 * ONE_WAY_NS + heldNs + jitter() + late : arrivesNs + heldNs - probe.dueNs;
    if (toBad && announced) {
      const lateNs = Math.max(0, arrivesNs + heldNs - probe.dueNs - ONE_WAY_NS);
      this.#arrivals.push({
        what: 'probe',
        sender: nodeName(from),
        target: path.address,
        protocol: path.protocol,
        sourcePort:
          path.protocol === 'icmp' ? 0 : 1024 * EDGE_PATHS.findIndex(({ kind }) => kind === path.kind) + probe.flow,
        targetPort: path.port ?? 0,
        timeNs: arrivesNs + heldNs,
        lateNs,
        backlogNs: 0,
      });
    }
    return { rttNs };
  }

  /** How long what reaches the bad node waits in its queue. */
  #heldFor(
    peer: number,
    probe: DueProbe,
    path: EdgePath,
    {
      arrivesNs,
      toBad,
      announced,
    }: { readonly arrivesNs: number; readonly toBad: boolean; readonly announced: boolean },
  ): number {
    const stall = this.#stalls.find(({ startNs, endNs }) => arrivesNs >= startNs && arrivesNs < endNs);
    if (stall === undefined) return 0;
    const { queues, seed } = this.trial;
    const flow =
      path.protocol === 'icmp' ? hashText(peer, path.kind) : hashWords(peer, hashText(0, path.kind), probe.flow);
    const isHeld = (toBad || !this.#steers) && hashWords(seed, toBad ? 1 : 2, flow) % queues === this.#stalled;
    if (announced && (toBad || !this.#steers)) {
      stall.arrived += 1;
      if (isHeld) stall.held += 1;
    }
    return isHeld ? stall.endNs - arrivesNs + DRAIN_NS * this.#chance.between(1, 10) : 0;
  }

  /** The answers to the node's own probes arrive there, too. */
  #replied(): (samples: SampleColumns, paths: readonly EdgePath[]) => void {
    let replies: OwnReplies | undefined;
    return (samples, paths) => {
      replies ??= new OwnReplies(paths);
      for (const reply of replies.arrived(samples)) this.#inbound.take(reply);
    };
  }

  #hear(nowNs: number): void {
    const here = this.#arrivals.filter(({ timeNs }) => timeNs <= nowNs).sort((a, b) => a.timeNs - b.timeNs);
    this.#arrivals = this.#arrivals.filter(({ timeNs }) => timeNs > nowNs);
    for (const arrived of here) this.#inbound.take(arrived);
    for (const found of this.#inbound.advance(nowNs)) {
      const stall = this.#stallAt(found.finding.release);
      if (stall === undefined) continue;
      stall.inbound = found;
      if (found.place !== 'receive' && found.place !== 'all') continue;
      const flowsOf = (all: InboundStall['held']): number => all.reduce((sum, { flows }) => sum + flows, 0);
      const known = this.#seen.arrivals.get(this.#bad) ?? {
        ...{ releaseNs: [], heldNs: [], place: [], flowsHeld: [], flowsExposed: [] },
      };
      this.#seen.arrivals.set(this.#bad, known);
      known.releaseNs.push(found.finding.release - SETTLE_NS);
      known.heldNs.push(found.finding.durationNs);
      known.place.push(found.place);
      known.flowsHeld.push(flowsOf(found.held));
      known.flowsExposed.push(flowsOf(found.held) + flowsOf(found.passed));
    }
  }

  /** What an agent counts of its paths, as it is scraped. */
  #tell(from: number, agent: WatchingAgent): void {
    for (const { to, releaseNs } of agent.spikes) {
      const key = edgeKey(from, numberOf(to));
      this.#seen.spikes.set(key, [...(this.#seen.spikes.get(key) ?? []), releaseNs - SETTLE_NS]);
    }
    for (const { seen, heldNs, escalated } of agent.stalls) {
      const { finding, to } = seen;
      const by = `${nodeName(from)}>${to}${escalated ? ', closer' : ''}`;
      const { startMin, startMax, probes } = finding;
      this.#stallAt(finding.release)?.edges.push({ by, startMin, startMax, probes });
      for (const { kind, protocol } of seen.hit) {
        const path = EDGE_PATHS.findIndex((one) => one.kind === kind && one.protocol === protocol);
        const key = pathKey(from, numberOf(to), path);
        if (!agent.isNew(key, finding.release)) continue;
        const known = this.#seen.stalls.get(key) ?? { releaseNs: [], heldNs: [] };
        this.#seen.stalls.set(key, known);
        known.releaseNs.push(finding.release - SETTLE_NS);
        known.heldNs.push(heldNs);
      }
    }
  }

  #stallAt(releaseNs: number): TrueStall | undefined {
    const stall = this.#stalls.find(({ endNs }) => Math.abs(endNs - releaseNs) < SAME_NS);
    if (stall === undefined) this.#strangers += 1;
    return stall;
  }
}

function memberOf(node: number): Member {
  const place = (prefix: number, port: number) => ({ address: `10.${prefix}.${node >> 8}.${node & 255}`, port });
  return {
    name: nodeName(node),
    ready: true,
    addresses: { node: place(1, 9876), pod: place(2, 8080), nodeport: place(1, 30_927) },
  };
}

function numberOf(name: string): number {
  return Number(name.slice('node-'.length));
}
