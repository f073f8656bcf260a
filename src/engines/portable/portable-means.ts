import { randomBytes } from 'node:crypto';
import { Keys, KeyUse, secretFrom } from '../../codec/probe-key.js';
import { CodedError } from '../../model/errors.js';
import type { PlannedPath, ProbePlan } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';
import type { Clock } from '../node-prober/clock.js';
import { footprintOf } from '../node-prober/footprint.js';
import type { Means, Probe, ProbeEvents } from '../node-prober/means.js';
import { findRoute, type Route, UNKNOWN_INTERFACE } from '../node-prober/route.js';
import { packetsPerSecond } from '../slots/plan-check.js';
import { type Address, parseAddress } from './address.js';
import { Answers } from './answers.js';
import { Capture, checkImmediate } from './capture.js';
import { captureFilter } from './capture-filter.js';
import { loadModules, type Modules } from './modules.js';
import { type Outgoing, TcpFlags } from './packet.js';
import { buildPacket } from './packet-build.js';
import { RawSender } from './raw-sender.js';
import { SourcePorts } from './source-ports.js';

const DEFAULT_TTL = 64;
/** What libpcap sets aside for one packet, as cap asks for packets of any length. */
const FRAME_BYTES = 65_536;
const LEAST_FRAMES = 128;
const MOST_FRAMES = 1_024;

const LIMITS = [
  'portable engine: both stamps are user-space clock readings, taken before the system call that sends and when the captured reply reaches the event loop (cap does not pass on the stamps of libpcap): RTTs are 0.1 to 0.2 ms too long, one in a hundred by 1 to 3 ms',
  'portable engine: while its event loop stands still no reply is stamped; such intervals are recorded as pauses, and findings in them count as self-inflicted',
  'portable engine: capturing puts the interface into promiscuous mode; lost packets of the capture are told by its own probes that it did not see',
];

/** One path, ready to send. */
interface PortablePath {
  readonly plan: PlannedPath;
  readonly route: Route;
  readonly source: Address;
  readonly target: Address;
  readonly sender: RawSender;
}

/** Opens raw sockets to send by and captures to receive by. */
export async function openPortable(plan: ProbePlan, events: ProbeEvents, clock: Clock): Promise<Means> {
  if (plan.timestamps === 'hw' || plan.timestamps === 'kernel')
    throw new CodedError(
      'E_TIMESTAMPS',
      `the portable engine has no ${plan.timestamps === 'hw' ? 'hardware' : 'kernel'} time stamps`,
      'use --timestamps user, or --engine helper',
      2,
    );
  if (typeof plan.cpu === 'number') events.warn('W_CPU', 'the portable engine binds itself to no CPU');
  const modules = loadModules();
  const routes = await Promise.all(plan.paths.map(findRoute));
  refuseUnknownInterfaces(plan.paths, routes);
  const senders = openSenders(modules, plan.paths);
  await checkImmediate(modules.cap);
  const ports = await SourcePorts.reserve(plan);
  if (ports.shortage !== undefined) events.warn('W_FRESH_PORTS', ports.shortage);
  const paths = plan.paths.map((path, index): PortablePath => {
    const route = routes[index] as Route;
    const sender = senders.get(senderKey(path)) as RawSender;
    return { plan: path, route, source: parseAddress(route.source), target: parseAddress(path.address), sender };
  });
  return new PortableMeans(plan, paths, ports, events, clock, modules);
}

/** There is nothing to capture on. */
function refuseUnknownInterfaces(paths: readonly PlannedPath[], routes: readonly Route[]): void {
  const at = routes.findIndex((route) => route.interface === UNKNOWN_INTERFACE);
  if (at >= 0)
    throw new CodedError(
      'E_NO_INTERFACE',
      `${paths[at]?.name}: no interface has the source address ${routes[at]?.source}`,
      'name the interface with -I',
    );
}

function senderKey({ address, interface: device }: PlannedPath): string {
  return `${parseAddress(address).version} ${device ?? ''}`;
}

function openSenders({ raw }: Modules, paths: readonly PlannedPath[]): Map<string, RawSender> {
  const senders = new Map<string, RawSender>();
  for (const path of paths)
    if (!senders.has(senderKey(path)))
      senders.set(senderKey(path), new RawSender(raw, parseAddress(path.address).version, path.interface));
  return senders;
}

class PortableMeans implements Means {
  readonly limits = LIMITS;
  readonly hello: Means['hello'];
  readonly #keys: Keys;
  readonly #answers: Answers;
  readonly #captures: readonly Capture[];
  /** Probes that left, and how many of them the captures saw leave. */
  #left = 0;

  constructor(
    private readonly plan: ProbePlan,
    private readonly paths: readonly PortablePath[],
    private readonly ports: SourcePorts,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
    modules: Modules,
  ) {
    this.#keys = new Keys(secretFrom(plan.secret ?? randomBytes(16).toString('hex')));
    this.#answers = new Answers(
      plan,
      ports,
      this.#keys,
      events,
      paths.map(({ route }) => route.source),
    );
    const devices = [...new Set(paths.map(({ route }) => route.interface))];
    this.#captures = devices.map((device) => this.#capture(modules, device));
    this.hello = {
      transmitVia: 'raw socket (raw-socket)',
      receiveVia: `libpcap on ${devices.join(', ')} (cap)`,
      paths: paths.map(({ plan, route }, path) => this.#describe(plan, route, path)),
      footprint: footprintOf(plan),
    };
  }

  send(probe: Probe): void {
    const path = this.paths[probe.path];
    if (!path) throw new RangeError(`no path ${probe.path}`);
    const { train, k } = probe;
    this.#answers.expect(probe);
    let sentNs = 0;
    path.sender.send(buildPacket(this.#outgoing(path, probe)), path.plan.address, {
      leaving: () => {
        sentNs = this.clock.nowNs();
      },
      left: (errno) => {
        if (errno !== 0) {
          this.events.failed(train, k, errno);
          return;
        }
        this.#left += 1;
        this.events.sent(train, k, sentNs);
      },
    });
  }

  /** A probe just sent may not have come through the capture yet, so this can be one too many for an instant. */
  get captureLosses(): number {
    return Math.max(0, this.#left - this.#answers.ownSeen);
  }

  close(): void {
    for (const capture of this.#captures) capture.close();
    for (const sender of new Set(this.paths.map((path) => path.sender))) sender.close();
    this.ports.release();
  }

  #capture({ cap }: Modules, device: string): Capture {
    const paths = this.plan.paths.filter((_, index) => this.paths[index]?.route.interface === device);
    const filter = captureFilter({
      tcp: paths.some(({ protocol }) => protocol === 'syn' || protocol === 'ack'),
      udp: paths.some(({ protocol }) => protocol === 'udp'),
      icmpIds: paths.some(({ protocol }) => protocol === 'icmp') ? this.ports.ids : undefined,
      ports: this.ports.ranges,
    });
    // Room for the probes and answers of a third of a second in which the event loop does not turn.
    const rate = paths.reduce((sum, path) => sum + 2 * packetsPerSecond(path), 0);
    const frames = Math.min(MOST_FRAMES, Math.max(LEAST_FRAMES, Math.ceil(rate / 3)));
    const capture: Capture = new Capture(cap, device, filter, frames * FRAME_BYTES, (ip) => {
      const reset = this.#answers.take(ip, this.clock.nowNs());
      if (reset) capture.answerOnLink(buildPacket(reset));
    });
    return capture;
  }

  #outgoing({ plan, source, target }: PortablePath, { path, fresh, k, seq, flow }: Probe): Outgoing {
    const base = { source, target, ttl: plan.ttl ?? DEFAULT_TTL, ipId: 0x8000 | (k & 0x7fff) };
    if (plan.protocol === 'icmp') {
      const key = { path, seq, nonce: this.#keys.nonce(path, seq) };
      return { ...base, transport: 'icmp', sourcePort: this.ports.of(path, 0), targetPort: k & 0xffff, key };
    }
    const ends = {
      sourcePort: fresh ? this.ports.takeFresh(path, k) : this.ports.of(path, flow),
      targetPort: plan.port ?? 0,
    };
    if (plan.protocol === 'udp')
      return { ...base, ...ends, transport: 'udp', key: { path, seq, nonce: this.#keys.nonce(path, seq) } };
    const n = fresh ? k : Math.floor(k / plan.flows);
    const flags = plan.protocol === 'ack' ? TcpFlags.ack : TcpFlags.syn;
    const ack = plan.protocol === 'ack' ? this.#keys.number(KeyUse.acknowledgement, path, flow, n) : 0;
    return {
      ...base,
      ...ends,
      transport: 'tcp',
      tcp: { flags, seq: this.#keys.number(KeyUse.sequence, path, flow, n), ack },
    };
  }

  #describe(plan: PlannedPath, route: Route, path: number): Means['hello']['paths'][number] {
    const base = { path, interface: route.interface, source: route.source };
    const first = this.ports.of(path, 0);
    if (!hasPorts(plan.protocol)) return { ...base, sourcePorts: null, icmpId: first };
    const { fresh } = this.ports;
    return {
      ...base,
      sourcePorts: [first, first + plan.flows - 1],
      ...(plan.freshPerSecond > 0 && fresh ? { freshPorts: [fresh.first, fresh.last] as const } : {}),
    };
  }
}

/** Whether this process could probe: what `auto` asks. @throws CodedError as {@link openPortable} does */
export async function checkPortable(): Promise<void> {
  const modules = loadModules();
  new RawSender(modules.raw, 4).close();
  await checkImmediate(modules.cap);
}
