import type { PlannedPath } from '../../../model/plan.js';
import { hasPorts } from '../../../model/protocol.js';
import { hasOwnPort } from '../../../model/request.js';
import { Outcomes, REPLIES } from '../../../model/sample.js';
import { SECOND } from '../../../model/time.js';
import { hashText, hashWords, unit } from '../faults/chance.js';
import { DROPPED, type Packet } from '../faults/disturbance.js';
import type { Scenario, Vantage } from '../scenario/scenario.js';
import { backendOf, type Route, routesTo, travel } from './route.js';
import { resolveTarget } from './target.js';
import type { World } from './world.js';

/** What one probe met. Instants in the time of the scenario; -1 where no reply comes. */
export interface Echo {
  arrivesNs: number;
  route: Route | null;
  /** When the connection was open; -1 where none is opened first. */
  opensNs: number;
}

const FIRST_FIXED_PORT = 20_000;
const FIXED_PORTS = 20_000;
const FIRST_FRESH_PORT = 40_000;
const FRESH_PORTS = 25_000;
/** Of port-unreachable messages to one peer. */
const ICMP_LIMIT_NS = SECOND;

const SYN_ACK = REPLIES.indexOf('syn-ack');
/**
 * After a SYN-ACK that was lost its sender repeats it (RFC 6298), by a timer that is late by up to a thirtieth. On a fixed
 * flow the next SYN comes sooner and ends that with a RST.
 */
const SYN_ACK_AGAIN_NS = [1, 3, 7].map((seconds) => seconds * SECOND);
const TIMER_SHARE = 1 / 30;

/** One path of a run: its flows, the ways of its probes, and chance that is its own. */
export class ProbedPath {
  /** Why every probe stays unanswered; null where a route exists. */
  readonly nowhere: string | null;
  /** First and last fixed source port; null where the protocol has none. */
  readonly sourcePorts: readonly [number, number] | null;
  /** Each of its requests has a port of its own. */
  readonly connectsAnew: boolean;
  private readonly key: number;
  private readonly routes: readonly Route[];
  /** Each probe gets a backend anew. */
  private readonly drawn: boolean;
  private readonly packet: Packet;
  private nextUnreachableNs = 0;
  private readonly echo: Echo = { arrivesNs: DROPPED, route: null, opensNs: -1 };

  /** @param flowsBefore flows of the paths before it in the plan, which have the ports before its own */
  constructor(
    private readonly world: World,
    vantageName: string,
    vantage: Vantage,
    readonly plan: PlannedPath,
    index: number,
    private readonly flowsBefore: number,
  ) {
    const { scenario } = world;
    const target = resolveTarget(scenario, vantage, plan);
    this.nowhere = target.kind === 'nowhere' ? target.because : null;
    this.key = hashText(hashText(scenario.seed, vantageName), plan.name);
    this.routes = routesTo(world, vantage, target, plan);
    this.drawn = 'spread' in target && target.spread === 'random';
    const ports = plan.fromPorts ?? [this.port(0), this.port(plan.flows - 1)];
    this.sourcePorts = hasPorts(plan.protocol) ? [Math.min(...ports), Math.max(...ports)] : null;
    this.connectsAnew = plan.request !== undefined && hasOwnPort(plan.request);
    this.packet = { path: index, flow: 0, fresh: false, key: 0 };
  }

  /** 32 bits that belong to this probe alone. */
  chance(seq: number, purpose: number): number {
    return hashWords(this.key, seq, purpose);
  }

  /** Sends one probe through the world; what it returns is good until the next call. */
  send(seq: number, flow: number, fresh: boolean, sentNs: number): Echo {
    const { echo, packet } = this;
    const fromPort = fresh ? FIRST_FRESH_PORT + (this.chance(seq, 0) % FRESH_PORTS) : this.port(flow);
    const by = this.drawn ? this.chance(seq, 9) : fromPort;
    const route = this.routes[backendOf(this.world, by, this.routes.length)];
    echo.arrivesNs = DROPPED;
    echo.route = route ?? null;
    echo.opensNs = -1;
    if (route === undefined || route.answer.kind === 'silence') return echo;
    packet.flow = flow;
    packet.fresh = fresh;
    packet.key = this.chance(seq, 1);
    let asksNs = sentNs;
    if (route.opens !== null && this.connectsAnew) {
      asksNs = this.open(route, seq, fromPort, sentNs);
      if (asksNs === DROPPED) return echo;
      echo.opensNs = asksNs;
      packet.key = this.chance(seq, 11);
      // Its connection is known by then.
      packet.fresh = false;
      // What is refused has nothing more to ask.
      if (route.answer.outcome !== Outcomes.reply) {
        echo.arrivesNs = asksNs;
        return echo;
      }
    }
    const thereNs = travel(route.out, asksNs, fromPort, packet);
    if (thereNs === DROPPED || (route.answer.limited && !this.mayAnswer(thereNs))) return echo;
    packet.key = this.chance(seq, 2);
    const answersNs = thereNs + route.answersInNs;
    echo.arrivesNs = travel(route.back, answersNs, fromPort, packet);
    if (echo.arrivesNs === DROPPED && fresh && route.answer.reply === SYN_ACK)
      echo.arrivesNs = this.repeat(route, answersNs, fromPort, seq);
    return echo;
  }

  /** When the handshake that is begun then is over. */
  private open({ opens, back, answersInNs }: Route, seq: number, fromPort: number, sentNs: number): number {
    const thereNs = travel(opens ?? [], sentNs, fromPort, this.packet);
    if (thereNs === DROPPED) return DROPPED;
    this.packet.key = this.chance(seq, 10);
    return travel(back, thereNs + answersInNs, fromPort, this.packet);
  }

  private repeat(route: Route, answersNs: number, fromPort: number, seq: number): number {
    const lateness = unit(this.chance(seq, 5)) * TIMER_SHARE;
    for (const [time, afterNs] of SYN_ACK_AGAIN_NS.entries()) {
      this.packet.key = this.chance(seq, 6 + time);
      const againNs = answersNs + Math.round(afterNs * (1 + lateness));
      const arrivesNs = travel(route.back, againNs, fromPort, this.packet);
      if (arrivesNs !== DROPPED) return arrivesNs;
    }
    return DROPPED;
  }

  private port(flow: number): number {
    const named = this.plan.fromPorts?.[flow];
    if (named !== undefined) return named;
    return hasPorts(this.plan.protocol) ? FIRST_FIXED_PORT + ((this.flowsBefore + flow) % FIXED_PORTS) : 0;
  }

  private mayAnswer(timeNs: number): boolean {
    if (timeNs < this.nextUnreachableNs) return false;
    this.nextUnreachableNs = timeNs + ICMP_LIMIT_NS;
    return true;
  }
}

/** The vantage of a scenario by name; without a name the only one, or the first. */
export function vantageOf(scenario: Scenario, name: string | undefined): readonly [string, Vantage] | undefined {
  const entries = Object.entries(scenario.vantages);
  return name === undefined ? entries[0] : entries.find(([key]) => key === name);
}
