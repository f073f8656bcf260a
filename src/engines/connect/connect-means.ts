import { isIPv4 } from 'node:net';
import { CodedError } from '../../model/errors.js';
import type { PlannedPath, ProbePlan } from '../../model/plan.js';

import { footprintOf } from '../node-prober/footprint.js';
import type { Means, OpenMeans, Probe } from '../node-prober/means.js';
import { PortHold } from '../node-prober/port-hold.js';
import { findRoute, type Route } from '../node-prober/route.js';
import { IcmpEchoes } from './icmp-echoes.js';
import { synRetransmitsNs } from './retransmission.js';
import { LONGEST_CONNECT_NS, TcpConnects } from './tcp-connects.js';

const MOST_FLOWS = 4_096;

const STAMP_LIMIT =
  'connect engine: both stamps are user-space clock readings on an event loop: RTTs are 0.1 to 0.2 ms too long, one in a hundred by 1 to 3 ms; while the loop stands still no answer is stamped, such intervals are recorded as pauses, and findings in them count as self-inflicted';
const TCP_LIMITS = [
  'connect engine: a SYN probe is a whole connect: the target sees a connection that is reset at once, and an open port may log it',
  "connect engine: a flow's port can have one connect at a time; while it waits, further probes of the flow go from ports of their own (flow null)",
  'connect engine: whether a RST of the target or the rule of a router (icmp-port-unreachable) refused a connect, the system does not tell: both read as rst',
  'connect engine: the kernel repeats a SYN that nothing answers; an answer to a repetition is told as syn-retransmission, and nothing is known of the reply TTL',
];
const ICMP_LIMITS = ['connect engine: ICMP errors do not reach it, and nothing is known of the reply TTL'];

/** Opens what any process may use: connects, and the kernel's sockets for echoes where it gives them. */
export const openConnect: OpenMeans = async (plan, events, clock) => {
  for (const path of plan.paths) refuseWhatNeedsPrivilege(path);
  if (plan.timestamps === 'hw' || plan.timestamps === 'kernel')
    throw cannot(`has no ${plan.timestamps === 'hw' ? 'hardware' : 'kernel'} time stamps`, 'E_TIMESTAMPS');
  if (typeof plan.cpu === 'number') events.warn('W_CPU', 'the connect engine binds itself to no CPU');
  const routes = await Promise.all(plan.paths.map(findRoute));
  const versions = [...new Set(plan.paths.filter(({ protocol }) => protocol === 'icmp').map(versionOf))];
  const echoes = new IcmpEchoes(versions, plan.secret, events, clock);
  const flows = plan.paths.reduce((sum, path) => sum + (path.protocol === 'syn' ? path.flows : 0), 0);
  if (flows > MOST_FLOWS) throw noPorts(flows);
  const tcp = [...new Set(plan.paths.filter(({ protocol }) => protocol === 'syn').map(versionOf))];
  const range =
    flows > 0 ? await new PortHold({ tcp, udp: [] }, plan.sourcePorts).look(flows, Math.random()) : undefined;
  if (flows > 0 && !range) throw noPorts(flows);
  return new ConnectMeans(plan, routes, range?.first ?? 0, echoes, new TcpConnects(events, clock));
};

class ConnectMeans implements Means {
  readonly limits: readonly string[];
  readonly retransmitsNs: readonly number[];
  readonly hello: Means['hello'];
  readonly captureLosses = 0;
  /** First port of each SYN path. */
  readonly #firsts: readonly number[];

  constructor(
    private readonly plan: ProbePlan,
    routes: readonly Route[],
    firstPort: number,
    private readonly echoes: IcmpEchoes,
    private readonly connects: TcpConnects,
  ) {
    const tcp = plan.paths.some(({ protocol }) => protocol === 'syn');
    const icmp = plan.paths.some(({ protocol }) => protocol === 'icmp');
    this.limits = [STAMP_LIMIT, ...(tcp ? TCP_LIMITS : []), ...(icmp ? ICMP_LIMITS : [])];
    this.retransmitsNs = tcp ? synRetransmitsNs(LONGEST_CONNECT_NS) : [];
    let next = firstPort;
    this.#firsts = plan.paths.map((path) => {
      next += path.protocol === 'syn' ? path.flows : 0;
      return next - path.flows;
    });
    this.hello = {
      transmitVia: [...(tcp ? ['connect'] : []), ...(icmp ? ['ICMP datagram socket'] : [])].join(', '),
      receiveVia: 'event loop',
      paths: plan.paths.map((path, index) => this.#describe(path, routes[index] as Route, index)),
      footprint: footprintOf(plan),
    };
  }

  send(probe: Probe): void {
    const path = this.plan.paths[probe.path];
    if (!path) throw new RangeError(`no path ${probe.path}`);
    if (path.protocol === 'icmp') this.echoes.send(probe, path.address, versionOf(path));
    else this.connects.start(probe, path, probe.fresh ? undefined : (this.#firsts[probe.path] ?? 0) + probe.flow);
  }

  close(): void {
    this.connects.close();
    this.echoes.close();
  }

  #describe(path: PlannedPath, route: Route, index: number): Means['hello']['paths'][number] {
    const base = { path: index, interface: route.interface, source: route.source };
    if (path.protocol === 'icmp') return { ...base, sourcePorts: null, icmpId: this.echoes.idOf(versionOf(path)) };
    const first = this.#firsts[index] ?? 0;
    return { ...base, sourcePorts: [first, first + path.flows - 1] };
  }
}

function refuseWhatNeedsPrivilege(path: PlannedPath): void {
  if (path.protocol === 'ack' || path.protocol === 'udp')
    throw cannot(`sends no ${path.protocol.toUpperCase()} probes`, 'E_ENGINE', path);
  if (path.interface !== undefined) throw cannot('cannot choose the interface', 'E_ENGINE', path);
  if (path.ttl !== undefined) throw cannot('cannot choose the TTL', 'E_ENGINE', path);
}

function versionOf({ address }: PlannedPath): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}

function cannot(what: string, code: string, path?: PlannedPath): CodedError {
  const where = path === undefined ? '' : `${path.name}: `;
  return new CodedError(code, `${where}the connect engine ${what}`, 'leave that out, or use --engine helper', 2);
}

function noPorts(flows: number): CodedError {
  return new CodedError('E_PORTS', `no ${flows} free source ports in a row`, 'ask for fewer flows');
}
