import type { TcpWait } from '../../../model/finding.js';
import { MS } from '../../../model/time.js';
import type { Packet } from '../packet/packet.js';
import type { PathTable } from './path-table.js';

/** Connections that are followed at a time; of more the oldest are let go. */
const MOST_CONNECTIONS = 20_000;
/** Findings that are told; further ones are counted. */
const MOST_TOLD = 2_000;
/** Linux holds an acknowledgement back for 40 ms, others and slow connections for 200: with the tick of the kernel. */
const DELAYED: readonly (readonly [leastNs: number, mostNs: number])[] = [
  [38 * MS, 56 * MS],
  [190 * MS, 225 * MS],
];
/** Data that Nagle's algorithm held leaves right behind the acknowledgement it waited for. */
const RIGHT_BEHIND_NS = 2 * MS;
/** RFC 6298 by Linux: no time-out is shorter. */
const LEAST_TIMEOUT_NS = 190 * MS;
const LEAST_ZERO_WINDOW_NS = 10 * MS;
/** One late acknowledgement may be a slow receiver; two of the same length are a timer. */
const LEAST_DELAYED = 2;

/** What one side of a connection sent last. */
interface Side {
  /** Whether it has sent data; then the sequence number behind its last byte. */
  known: boolean;
  nextSeq: number;
  /** When that byte was first seen, and what was sent first of the same bytes. */
  dataNs: number;
  dataSeq: number;
  /** The other side has sent nothing since. */
  unanswered: boolean;
  /** The other side's acknowledgement came as late as a timer: when, and how late. */
  ackedNs: number;
  ackDelayNs: number;
  zeroSinceNs: number;
  delays: number;
}

interface Connection {
  readonly path: number;
  readonly sides: readonly [Side, Side];
  /** When it was last heard of. */
  lastNs: number;
}

/**
 * Follows the data of TCP connections: acknowledgements that a timer held back while the sender waited for them
 * (delayed acknowledgement and Nagle's algorithm), windows of zero, and segments sent again by a time-out.
 */
export class DataWaits {
  readonly #connections = new Map<string, Connection>();
  #told = 0;

  /** @param tell takes each wait as it ends */
  constructor(
    private readonly paths: PathTable,
    private readonly tell: (wait: TcpWait) => void,
  ) {}

  /** Waits beyond those told. */
  get leftOut(): number {
    return Math.max(0, this.#told - MOST_TOLD);
  }

  take(packet: Packet, timeNs: number): void {
    const forward = this.paths.ofQuoted(packet);
    const path = forward >= 0 ? forward : this.paths.ofAnswer(packet);
    if (path < 0) return;
    const fromClient = forward >= 0;
    const connection = this.#connection(packet, path, fromClient);
    connection.lastNs = timeNs;
    const own = connection.sides[fromClient ? 0 : 1];
    const other = connection.sides[fromClient ? 1 : 0];
    this.#acknowledged(packet, own, other, timeNs);
    this.#window(connection, packet, own, timeNs);
    if (packet.dataBytes > 0) this.#data(connection, packet, own, timeNs);
  }

  /** A connection begins on these ports: what was known of an earlier one there is over. */
  opened(packet: Packet): void {
    // As where nothing but probes is captured, of which each comes by here.
    if (this.#connections.size === 0) return;
    const path = this.paths.ofQuoted(packet);
    const key = path < 0 ? undefined : keyOf(packet, path, true);
    const earlier = key === undefined ? undefined : this.#connections.get(key);
    if (key === undefined || earlier === undefined) return;
    this.#leave(earlier);
    this.#connections.delete(key);
  }

  /** Nothing more is captured: windows that never opened were closed until the last that was heard of them. */
  finish(): void {
    for (const connection of this.#connections.values()) this.#leave(connection);
    this.#connections.clear();
  }

  #leave(connection: Connection): void {
    for (const { zeroSinceNs } of connection.sides)
      if (zeroSinceNs >= 0 && connection.lastNs - zeroSinceNs >= LEAST_ZERO_WINDOW_NS)
        this.#say(connection, 'zero-window', zeroSinceNs, connection.lastNs);
  }

  /** A side has sent something: what the other one waits for has come, or begins. */
  #acknowledged(packet: Packet, own: Side, other: Side, timeNs: number): void {
    if (!other.unanswered || packet.acknowledged !== other.nextSeq) return;
    other.unanswered = false;
    const delayNs = timeNs - other.dataNs;
    // An answer with data is work of the process, however late it is; a bare acknowledgement is a timer's.
    const isTimed = packet.dataBytes === 0 && DELAYED.some(([least, most]) => delayNs >= least && delayNs <= most);
    other.ackedNs = isTimed ? timeNs : -1;
    other.ackDelayNs = isTimed ? delayNs : 0;
    own.unanswered = false;
  }

  #data(connection: Connection, packet: Packet, own: Side, timeNs: number): void {
    const endSeq = (packet.number + packet.dataBytes) | 0;
    if (own.known && own.dataSeq === packet.number && own.unanswered && packet.dataBytes > 1) {
      const waitedNs = timeNs - own.dataNs;
      if (waitedNs >= LEAST_TIMEOUT_NS) this.#say(connection, 'retransmission-timeout', own.dataNs, timeNs);
      return;
    }
    if (own.known && ((packet.number - own.nextSeq) | 0) < 0) return;
    if (own.ackedNs >= 0 && timeNs - own.ackedNs <= RIGHT_BEHIND_NS) {
      own.delays += 1;
      if (own.delays >= LEAST_DELAYED) this.#say(connection, 'delayed-ack', own.ackedNs - own.ackDelayNs, own.ackedNs);
    }
    own.ackedNs = -1;
    own.dataSeq = packet.number;
    own.known = true;
    own.nextSeq = endSeq;
    own.dataNs = timeNs;
    own.unanswered = true;
  }

  #window(connection: Connection, packet: Packet, own: Side, timeNs: number): void {
    if (packet.window === 0) {
      if (own.zeroSinceNs < 0) own.zeroSinceNs = timeNs;
      return;
    }
    if (own.zeroSinceNs >= 0 && timeNs - own.zeroSinceNs >= LEAST_ZERO_WINDOW_NS)
      this.#say(connection, 'zero-window', own.zeroSinceNs, timeNs);
    own.zeroSinceNs = -1;
  }

  #connection(packet: Packet, path: number, fromClient: boolean): Connection {
    const key = keyOf(packet, path, fromClient);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    if (this.#connections.size >= MOST_CONNECTIONS) {
      const oldest = this.#connections.keys().next().value;
      if (oldest !== undefined) this.#connections.delete(oldest);
    }
    const made: Connection = { path, sides: [newSide(), newSide()], lastNs: 0 };
    this.#connections.set(key, made);
    return made;
  }

  #say({ path }: Connection, reason: TcpWait['reason'], fromNs: number, toNs: number): void {
    this.#told += 1;
    if (this.#told > MOST_TOLD) return;
    const waitNs = Math.round(toNs - fromNs);
    this.tell({
      type: 'finding',
      kind: 'tcp-wait',
      reason,
      path: this.paths.paths[path]?.name ?? '?',
      startMin: Math.round(fromNs),
      startMax: Math.round(fromNs),
      release: Math.round(toNs),
      durationNs: waitNs,
      probes: 1,
      probesAboveThreshold: 0,
      peakRttNs: waitNs,
      excessNs: waitNs,
      flowsHit: [],
      flowsExposed: [],
      selfInflicted: false,
    });
  }
}

function keyOf(packet: Packet, path: number, fromClient: boolean): string {
  const [address, port] = fromClient
    ? [packet.source, packet.sourcePort]
    : [packet.destination, packet.destinationPort];
  return `${path} ${port} ${address[0]} ${address[1]} ${address[2]} ${address[3]}`;
}

function newSide(): Side {
  return {
    known: false,
    nextSeq: 0,
    dataNs: 0,
    dataSeq: 0,
    unanswered: false,
    ackedNs: -1,
    ackDelayNs: 0,
    zeroSinceNs: -1,
    delays: 0,
  };
}
