import { type Keys, KeyUse } from '../../codec/probe-key.js';
import { canonicalAddress } from '../../model/ip-address.js';
import type { ProbePlan } from '../../model/plan.js';
import { FRESH_FLOW, FRESH_SEQ_BIT, Outcomes, REPLIES } from '../../model/sample.js';
import type { Answer, Probe, ProbeEvents } from '../node-prober/means.js';
import { parseAddress } from './address.js';
import { type Incoming, type Outgoing, TcpFlags } from './packet.js';
import { parsePacket } from './packet-parse.js';
import type { PortOwner, SourcePorts } from './source-ports.js';

const Reply = {
  synAck: REPLIES.indexOf('syn-ack'),
  rst: REPLIES.indexOf('rst'),
  echo: REPLIES.indexOf('echo'),
  udp: REPLIES.indexOf('udp'),
  unreachable: REPLIES.indexOf('unreachable'),
  ttlExceeded: REPLIES.indexOf('ttl-exceeded'),
  otherIcmp: REPLIES.indexOf('other-icmp'),
} as const;

const TCP_KINDS = TcpFlags.syn | TcpFlags.rst | TcpFlags.ack | TcpFlags.fin;
/** A target repeats a SYN-ACK only when no RST reaches it; so many repetitions are no accident. */
const REPEATED = 3;
const RST_TTL = 64;

/** Finds the probe that a captured packet answers, by its key. */
export class Answers {
  /** Our own probes that came by. */
  ownSeen = 0;
  /** Slot of the youngest probe, by train. */
  readonly #youngest = new Map<number, number>();
  readonly #ends: readonly { readonly source: string; readonly target: string; readonly port: number }[];
  /** Paths that are answered, with the right key, by another address or port than was probed. */
  readonly #translated = new Set<number>();
  /** Paths whose targets keep repeating SYN-ACKs. */
  readonly #halfOpen = new Set<number>();

  constructor(
    private readonly plan: ProbePlan,
    private readonly ports: SourcePorts,
    private readonly keys: Keys,
    private readonly events: ProbeEvents,
    sources: readonly string[],
  ) {
    this.#ends = plan.paths.map(({ address, port = 0 }, path) => ({
      source: comparable(sources[path] ?? ''),
      target: comparable(address),
      port,
    }));
  }

  expect({ train, k }: Probe): void {
    this.#youngest.set(train, k);
  }

  /** @returns the RST that this machine should have sent but cannot, where a firewall of its own keeps it back */
  take(ip: Buffer, receivedNs: number): Outgoing | undefined {
    const packet = parsePacket(ip);
    if (!packet) {
      this.events.stray();
      return undefined;
    }
    if (this.#isOwn(packet)) {
      this.ownSeen += 1;
      return undefined;
    }
    if (packet.transport === 'icmp') this.#takeIcmp(packet, receivedNs);
    else if (packet.transport === 'udp') this.#takeUdp(packet, receivedNs);
    else return this.#takeTcp(packet, receivedNs);
    return undefined;
  }

  #isOwn({ transport, error, request, sourcePort, targetPort }: Incoming): boolean {
    if (error) return false;
    if (transport === 'icmp') return request;
    return this.ports.ownerOf(targetPort) === undefined && this.ports.ownerOf(sourcePort) !== undefined;
  }

  #takeIcmp(packet: Incoming, receivedNs: number): void {
    const path = this.ports.pathOfId(packet.sourcePort);
    if (path === undefined) this.events.stray();
    else this.#takeNamed(packet, path, answerOf(packet, packet.error ? errorKind(packet) : Reply.echo, receivedNs));
  }

  #takeUdp(packet: Incoming, receivedNs: number): void {
    const owner = this.#owner(packet);
    if (!owner) {
      this.events.stray();
      return;
    }
    // From the target itself, "nobody listens on that port" is the answer that was asked for; from a router on the
    // way, or a rule there that rejects, it is an error.
    const closed =
      packet.error &&
      packet.source === packet.target &&
      (packet.version === 4 ? says(packet, 3, 3) : says(packet, 1, 4));
    const told = closed ? { ...packet, error: false } : packet;
    this.#takeNamed(packet, owner.path, answerOf(told, packet.error ? errorKind(packet) : Reply.udp, receivedNs));
  }

  /**
   * Whether an ICMP error quotes a probe of this path: its addresses, and its port. Only where this machine itself
   * translates addresses may they differ, as packets are captured before they are translated back.
   */
  #quotesProbe({ quotedSource, destination, target, targetPort, transport }: Incoming, path: number): boolean {
    const ends = this.#ends[path];
    if (!ends || quotedSource !== destination) return false;
    if (this.#translated.has(path)) return true;
    return quotedSource === ends.source && target === ends.target && (transport === 'icmp' || targetPort === ends.port);
  }

  /**
   * A reply with the right key is an answer wherever it comes from: nobody else could have made it. From another
   * address it comes where this machine translates, or where the way back leaves a translation out.
   */
  #noticeTranslation({ error, source, sourcePort, transport }: Incoming, path: number): void {
    const ends = this.#ends[path];
    if (error || !ends || this.#translated.has(path)) return;
    if (source === ends.target && (transport === 'icmp' || sourcePort === ends.port)) return;
    this.#translated.add(path);
    this.events.warn(
      'W_OTHER_SOURCE',
      `${this.plan.paths[path]?.address} is answered by ${source}, port ${sourcePort}: a translation of addresses on this machine, or one that replies bypass`,
    );
  }

  /** ICMP and UDP probes carry their name and a nonce, unless a router quoted too little of them. */
  #takeNamed(packet: Incoming, path: number, answer: Answer): void {
    const train = 2 * path;
    const { key } = packet;
    if (packet.error && !this.#quotesProbe(packet, path)) {
      this.events.stray();
      return;
    }
    if (key) {
      const { seq } = key;
      if (key.path !== path || key.nonce !== this.keys.nonce(path, seq)) {
        this.#wrongKey(packet, path);
        return;
      }
      this.#noticeTranslation(packet, path);
      this.events.answered(train, seq & ~FRESH_SEQ_BIT, answer);
      return;
    }
    if (packet.error && packet.transport === 'icmp')
      this.events.answered(train, this.#widen(train, packet.targetPort, 0xffff), answer);
    else if (packet.error && packet.version === 4)
      this.events.answered(train, this.#widen(train, packet.quotedIpId, 0x7fff), answer);
    else this.events.stray();
  }

  #takeTcp(packet: Incoming, receivedNs: number): Outgoing | undefined {
    const owner = this.#owner(packet);
    const path = owner && this.plan.paths[owner.path];
    const { tcp } = packet;
    if (!owner || !path || !tcp || (packet.error && !this.#quotesProbe(packet, owner.path))) return this.#stray();
    const kind = tcp.flags & TCP_KINDS;
    const synAck = kind === (TcpFlags.syn | TcpFlags.ack);
    let use: KeyUse = KeyUse.sequence;
    let number = tcp.seq;
    if (!packet.error && path.protocol === 'ack') {
      if ((kind & TcpFlags.rst) === 0) return this.#stray();
      use = KeyUse.acknowledgement;
    } else if (!packet.error) {
      // A bare ACK is a challenge (RFC 5961), which answers no probe in particular.
      if (!synAck && kind !== (TcpFlags.rst | TcpFlags.ack)) return this.#stray();
      number = (tcp.ack - 1) >>> 0;
    }
    const k = this.#numbered(owner, use, number, path.flows);
    if (k === undefined) {
      this.#wrongKey(packet, owner.path);
      return undefined;
    }
    this.#noticeTranslation(packet, owner.path);
    const train = 2 * owner.path + (owner.kind === 'fresh' ? 1 : 0);
    const reply = packet.error ? errorKind(packet) : synAck ? Reply.synAck : Reply.rst;
    const before = this.events.answered(train, k, answerOf(packet, reply, receivedNs));
    return synAck ? this.#resetFor(packet, owner.path, tcp.ack, before) : undefined;
  }

  /** What is forwarded to another prober with the same numbers is no forgery. */
  #wrongKey({ error, destination }: Incoming, path: number): void {
    if (!error && destination !== this.#ends[path]?.source) this.events.stray();
    else this.events.forged();
  }

  #stray(): undefined {
    this.events.stray();
    return undefined;
  }

  #resetFor(packet: Incoming, path: number, seq: number, before: number): Outgoing | undefined {
    if (before >= REPEATED && !this.#halfOpen.has(path)) {
      this.#halfOpen.add(path);
      this.events.warn(
        'W_RST_BY_PROBER',
        "this machine's RST packets do not reach the target (a firewall?): the prober sends them itself",
      );
    }
    if (!this.#halfOpen.has(path)) return undefined;
    return {
      source: parseAddress(packet.target),
      target: parseAddress(packet.source),
      sourcePort: packet.targetPort,
      targetPort: packet.sourcePort,
      transport: 'tcp',
      ttl: RST_TTL,
      ipId: 0x8000,
      tcp: { flags: TcpFlags.rst, seq, ack: 0 },
    };
  }

  /** Of an error the quoted probe's source port is ours, else the packet's target port. */
  #owner({ error, sourcePort, targetPort }: Incoming): PortOwner | undefined {
    return this.ports.ownerOf(error ? sourcePort : targetPort);
  }

  /** The slot of the probe with that number, if it was sent. */
  #numbered(owner: PortOwner, use: KeyUse, number: number, flows: number): number | undefined {
    if (owner.kind === 'fresh') {
      const expected = this.keys.number(use, owner.path, FRESH_FLOW, owner.k);
      return expected === number ? owner.k : undefined;
    }
    const youngest = this.#youngest.get(2 * owner.path);
    if (youngest === undefined) return undefined;
    const n = this.keys.index(use, owner.path, owner.flow, number, Math.floor(youngest / flows));
    const k = n === undefined ? undefined : n * flows + owner.flow;
    return k !== undefined && k <= youngest ? k : undefined;
  }

  /** Widens the low bits of a slot's number to the youngest probe that has them. */
  #widen(train: number, low: number, mask: number): number {
    const youngest = this.#youngest.get(train) ?? -1;
    return youngest - ((youngest - low) & mask);
  }
}

function answerOf({ error, source, ttl, icmpType, icmpCode }: Incoming, reply: number, receivedNs: number): Answer {
  if (!error) return { outcome: Outcomes.reply, reply, ttl, receivedNs, icmpType: 0, icmpCode: 0 };
  return { outcome: Outcomes.error, reply, ttl, receivedNs, icmpType, icmpCode, router: source };
}

/** The form in which addresses of packets are written. */
function comparable(address: string): string {
  return canonicalAddress(address);
}

function errorKind({ version, icmpType }: Incoming): number {
  if (icmpType === (version === 4 ? 3 : 1)) return Reply.unreachable;
  return icmpType === (version === 4 ? 11 : 3) ? Reply.ttlExceeded : Reply.otherIcmp;
}

function says({ icmpType, icmpCode }: Incoming, type: number, code: number): boolean {
  return icmpType === type && icmpCode === code;
}
