import {
  allocateSamples,
  FRESH_SEQ_BIT,
  Outcomes,
  REPLIES,
  type SampleColumns,
  takeSamples,
} from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import type { PacketSink } from './capture-file.js';
import { isKnownLink } from './link-layer.js';
import { Packet, PacketKinds } from './packet.js';
import type { PathTable } from './path-table.js';
import { PendingTable, States } from './pending-table.js';

const BATCH = 4_096;
/** The same packet at a second interface of the machine comes within this, whatever its TTL. */
const COPY_NS = 5 * MS;
/** A clock that goes back by more than this was set; less is the order in which CPUs hand packets over. */
const STEP_NS = 100 * MS;
/** An answer that comes faster than this share of the shortest RTT was to an earlier SYN (RFC 6298 calls it Karn's problem). */
const TOO_FAST = 0.9;

const REPLY = {
  synAck: REPLIES.indexOf('syn-ack'),
  rst: REPLIES.indexOf('rst'),
  echo: REPLIES.indexOf('echo'),
  unreachable: REPLIES.indexOf('unreachable'),
  ttlExceeded: REPLIES.indexOf('ttl-exceeded'),
  otherIcmp: REPLIES.indexOf('other-icmp'),
} as const;

/** Exchanges of a capture: samples, and beside them the number by which another capture of the same probes knows them. */
export interface ExchangeBatch {
  /** `flow` is the source port as it stands in the packet, 0 for an echo; `seq` counts the probes of a path. */
  readonly samples: SampleColumns;
  readonly keys: Uint32Array;
}

/** What was counted on one path. */
export interface ExchangeTotals {
  sent: number;
  received: number;
  late: number;
  lost: number;
  inFlight: number;
  errors: number;
  duplicates: number;
  /** SYNs that were sent again for want of an answer. */
  sentAgain: number;
  /** The same packet, seen at several interfaces: counted once. */
  copies: number;
  firstNs: number;
  lastNs: number;
  /** From one probe to the next, at most. */
  widestGapNs: number;
  shortestRttNs: number;
  nextSeq: number;
  nextFreshSeq: number;
}

/** What was counted on no path. */
export interface CaptureTotals {
  packets: number;
  /** Of a link type that is not understood. */
  unknownLinks: Map<number, number>;
  /** Answers whose probe is not in the capture. */
  strays: number;
  /** Probes on paths beyond those that are followed. */
  leftOut: number;
  clockSteps: number;
  dropped: number;
}

/** How answers are judged. */
export interface ExchangeTimes {
  /** After which a probe counts as lost, until an answer comes after all. */
  readonly waitNs: number;
  /** How long an answer is waited for. */
  readonly matchNs: number;
}

/**
 * Pairs SYNs with SYN-ACKs and RSTs, and echo requests with replies, of whatever traffic a capture has. A probe is
 * known by its addresses, ports and initial sequence number, or identifier and sequence number. Samples are handed
 * over in the order in which their outcome shows in the capture.
 */
export class Exchanges implements PacketSink {
  readonly totals: ExchangeTotals[] = [];
  readonly capture: CaptureTotals = {
    packets: 0,
    unknownLinks: new Map(),
    strays: 0,
    leftOut: 0,
    clockSteps: 0,
    dropped: 0,
  };
  epochSeconds: number | undefined;
  readonly #packet = new Packet();
  readonly #pending = new PendingTable();
  #columns = allocateSamples(BATCH);
  #keys = new Uint32Array(BATCH);
  #filled = 0;
  #nowNs = Number.NEGATIVE_INFINITY;
  /** Place of the first probe whose wait is not over. */
  #waiting = 0;
  #nextDueNs = Number.POSITIVE_INFINITY;

  /** @param batch takes samples; they are overwritten afterwards */
  constructor(
    private readonly paths: PathTable,
    private readonly times: ExchangeTimes,
    private readonly batch: (batch: ExchangeBatch) => void,
    /** Whether a probe from this port is one of its own, which counts apart from those of fixed flows. */
    private readonly isFresh: (path: number, port: number) => boolean = () => false,
  ) {}

  /** Latest instant of the capture. */
  get nowNs(): number {
    return this.#nowNs;
  }

  epoch(seconds: number): void {
    this.epochSeconds = seconds;
  }

  dropped(count: number): void {
    this.capture.dropped += count;
  }

  packet(bytes: Uint8Array, from: number, to: number, timeNs: number, linkType: number): void {
    this.capture.packets += 1;
    const packet = this.#packet;
    packet.read(bytes, from, to, linkType);
    if (packet.kind === PacketKinds.other) {
      if (!isKnownLink(linkType)) {
        this.capture.unknownLinks.set(linkType, (this.capture.unknownLinks.get(linkType) ?? 0) + 1);
      }
      return;
    }
    if (timeNs > this.#nowNs) {
      this.#nowNs = timeNs;
      if (timeNs >= this.#nextDueNs) this.#expire(timeNs);
    } else if (timeNs < this.#nowNs - STEP_NS) {
      this.#stepBack(timeNs);
    }
    switch (packet.kind) {
      case PacketKinds.syn:
      case PacketKinds.echoRequest:
        this.#probe(packet, timeNs);
        return;
      case PacketKinds.icmpError:
        this.#error(packet, timeNs);
        return;
      default:
        this.#answer(packet, timeNs);
    }
  }

  /** The capture has ended. What is younger than the wait is in flight. */
  finish(): void {
    const pending = this.#pending;
    if (pending.end > 0) this.#expire(this.#nowNs);
    for (let place = this.#waiting; place < pending.end; place += 1) {
      const slot = pending.slot(place);
      if (pending.state[slot] === States.pending) this.#totalsOf(pending.path[slot] as number).inFlight += 1;
    }
    this.flush();
  }

  /** Hands over what is there. */
  flush(): void {
    if (this.#filled === 0) return;
    this.batch({ samples: takeSamples(this.#columns, this.#filled), keys: this.#keys });
    this.#filled = 0;
  }

  #probe(packet: Packet, timeNs: number): void {
    const path = this.paths.ofProbe(packet);
    if (path < 0) {
      this.capture.leftOut += 1;
      return;
    }
    const pending = this.#pending;
    const salt = saltOf(packet, packet.source, packet.sourcePort);
    const totals = this.#totalsOf(path);
    const earlier = pending.find(path, packet.number, salt);
    let again = -1;
    if (earlier >= 0) {
      const slot = pending.slot(earlier);
      const isOpen = pending.state[slot] === States.pending || pending.state[slot] === States.lost;
      const otherHop = packet.ipId !== 0 && packet.ipId === pending.ipId[slot] && packet.ttl !== pending.ttl[slot];
      if (otherHop || timeNs - (pending.sentNs[slot] as number) < COPY_NS) {
        totals.copies += 1;
        return;
      }
      if (isOpen && packet.isTcp) {
        totals.sentAgain += 1;
        again = earlier;
      }
    }
    if (pending.full) this.#forgetOldest();
    const fresh = packet.isTcp && this.isFresh(path, packet.sourcePort);
    const slot = pending.add(path, packet.number, salt, timeNs);
    pending.seq[slot] = fresh ? (FRESH_SEQ_BIT | totals.nextFreshSeq) >>> 0 : totals.nextSeq & ~FRESH_SEQ_BIT;
    if (fresh) totals.nextFreshSeq += 1;
    else totals.nextSeq += 1;
    pending.port[slot] = packet.sourcePort;
    pending.ipId[slot] = packet.ipId;
    pending.ttl[slot] = packet.ttl;
    pending.stamp[slot] = packet.isTcp ? packet.stamp : 0;
    pending.earlier[slot] = again;
    if (totals.nextSeq + totals.nextFreshSeq === 1) totals.firstNs = timeNs;
    else if (timeNs - totals.lastNs > totals.widestGapNs) totals.widestGapNs = timeNs - totals.lastNs;
    totals.sent += 1;
    totals.lastNs = timeNs;
    if (this.#nextDueNs === Number.POSITIVE_INFINITY) this.#nextDueNs = timeNs + this.times.waitNs;
  }

  #answer(packet: Packet, timeNs: number): void {
    const path = this.paths.ofAnswer(packet);
    const salt = path < 0 ? 0 : saltOf(packet, packet.destination, packet.destinationPort);
    const latest = path < 0 ? -1 : this.#pending.find(path, packet.answers, salt);
    if (latest < 0) {
      // Any connection may be reset; only what answers a probe and nothing else is a stray.
      if (packet.kind !== PacketKinds.rstAck) this.capture.strays += 1;
      return;
    }
    const pending = this.#pending;
    const place = this.#answered(latest, packet, timeNs);
    const slot = pending.slot(place);
    const totals = this.#totalsOf(path);
    if (pending.state[slot] === States.answered) {
      const isCopy = timeNs - (pending.answeredNs[slot] as number) < COPY_NS || packet.ttl !== pending.answerTtl[slot];
      if (isCopy) totals.copies += 1;
      else totals.duplicates += 1;
      return;
    }
    const rttNs = Math.max(0, timeNs - (pending.sentNs[slot] as number));
    const late = pending.state[slot] === States.lost || rttNs > this.times.waitNs;
    if (pending.state[slot] === States.lost) totals.lost -= 1;
    else if (late) this.#emit(slot, Outcomes.lost, -1, 0, packet);
    pending.state[slot] = States.answered;
    pending.answeredNs[slot] = timeNs;
    pending.answerTtl[slot] = packet.ttl;
    totals.received += 1;
    if (late) totals.late += 1;
    if (rttNs < totals.shortestRttNs) totals.shortestRttNs = rttNs;
    const reply =
      packet.kind === PacketKinds.synAck ? REPLY.synAck : packet.kind === PacketKinds.rstAck ? REPLY.rst : REPLY.echo;
    this.#emit(slot, late ? Outcomes.late : Outcomes.reply, rttNs, reply, packet);
  }

  /**
   * Which of several SYNs an answer is to. The time stamps option says it; without it an answer that is faster than
   * any other is one to the first. The later ones then count for nothing: their answers are not told apart from it.
   */
  #answered(latest: number, packet: Packet, timeNs: number): number {
    const pending = this.#pending;
    let place = latest;
    while (packet.isTcp) {
      const slot = pending.slot(place);
      const before = pending.earlier[slot] as number;
      if (before < pending.start || pending.state[slot] === States.answered) break;
      const { stampEcho } = packet;
      const known = stampEcho !== 0 && (pending.stamp[slot] as number) !== 0;
      const shortestNs = this.#totalsOf(pending.path[slot] as number).shortestRttNs;
      const rttNs = timeNs - (pending.sentNs[slot] as number);
      const isOurs = known ? stampEcho === pending.stamp[slot] : rttNs >= TOO_FAST * shortestNs;
      if (isOurs) break;
      if (pending.state[slot] === States.pending) {
        pending.state[slot] = States.void;
        this.#totalsOf(pending.path[slot] as number).sent -= 1;
      }
      place = before;
    }
    return place;
  }

  #error(packet: Packet, timeNs: number): void {
    const path = this.paths.ofQuoted(packet);
    if (path < 0) return;
    const place = this.#pending.find(path, packet.number, saltOf(packet, packet.source, packet.sourcePort));
    if (place < 0) return;
    const slot = this.#pending.slot(place);
    if (this.#pending.state[slot] !== States.pending) return;
    this.#pending.state[slot] = States.answered;
    this.#pending.answeredNs[slot] = timeNs;
    this.#pending.answerTtl[slot] = packet.ttl;
    this.#totalsOf(path).errors += 1;
    const type = packet.icmpType;
    const reply = type === 3 || type === 1 ? REPLY.unreachable : type === 11 ? REPLY.ttlExceeded : REPLY.otherIcmp;
    this.#emit(slot, Outcomes.error, -1, reply, packet);
  }

  #emit(slot: number, outcome: number, rttNs: number, reply: number, packet: Packet | null): void {
    const columns = this.#columns;
    const pending = this.#pending;
    const i = this.#filled;
    const sentNs = pending.sentNs[slot] as number;
    columns.path[i] = pending.path[slot] as number;
    columns.seq[i] = pending.seq[slot] as number;
    columns.flow[i] = pending.port[slot] as number;
    columns.dueNs[i] = sentNs;
    columns.sentNs[i] = sentNs;
    columns.rttNs[i] = rttNs;
    columns.outcome[i] = outcome;
    columns.reply[i] = reply;
    columns.ttl[i] = reply === 0 || packet === null ? 0 : packet.ttl;
    columns.flags[i] = 0;
    const isError = outcome === Outcomes.error && packet !== null;
    columns.icmpType[i] = isError ? packet.icmpType : 0;
    columns.icmpCode[i] = isError ? packet.icmpCode : 0;
    this.#keys[i] = ((pending.number[slot] as number) ^ Math.imul(pending.port[slot] as number, 0x9e37_79b1)) >>> 0;
    this.#filled += 1;
    if (this.#filled === BATCH) this.flush();
  }

  /** Reports what was not answered in time, and forgets what is older than answers are waited for. */
  #expire(nowNs: number): void {
    const pending = this.#pending;
    const { waitNs, matchNs } = this.times;
    let place = Math.max(this.#waiting, pending.start);
    for (; place < pending.end; place += 1) {
      const slot = pending.slot(place);
      if ((pending.sentNs[slot] as number) + waitNs > nowNs) break;
      if (pending.state[slot] === States.pending) this.#lose(slot);
    }
    this.#waiting = place;
    while (pending.start < place && (pending.sentNs[pending.slot(pending.start)] as number) + matchNs <= nowNs) {
      pending.drop();
    }
    // Not for each probe: what is reported is reported a little later.
    this.#nextDueNs =
      pending.start < pending.end
        ? Math.max(
            nowNs + waitNs / 100,
            (pending.sentNs[pending.slot(Math.min(place, pending.end - 1))] as number) + waitNs,
          )
        : Number.POSITIVE_INFINITY;
  }

  #lose(slot: number): void {
    this.#pending.state[slot] = States.lost;
    this.#totalsOf(this.#pending.path[slot] as number).lost += 1;
    this.#emit(slot, Outcomes.lost, -1, 0, null);
  }

  #forgetOldest(): void {
    const slot = this.#pending.slot(this.#pending.start);
    if (this.#pending.state[slot] === States.pending) this.#lose(slot);
    this.#pending.drop();
    this.#waiting = Math.max(this.#waiting, this.#pending.start);
  }

  /** The clock was set back: nothing is known of how long what is under way takes. */
  #stepBack(timeNs: number): void {
    this.capture.clockSteps += 1;
    const pending = this.#pending;
    for (; pending.start < pending.end; pending.drop()) {
      const slot = pending.slot(pending.start);
      if (pending.state[slot] === States.pending) this.#totalsOf(pending.path[slot] as number).inFlight += 1;
    }
    this.#waiting = pending.end;
    this.#nowNs = timeNs;
    this.#nextDueNs = Number.POSITIVE_INFINITY;
  }

  #totalsOf(path: number): ExchangeTotals {
    let totals = this.totals[path];
    if (totals === undefined) {
      totals = {
        sent: 0,
        received: 0,
        late: 0,
        lost: 0,
        inFlight: 0,
        errors: 0,
        duplicates: 0,
        sentAgain: 0,
        copies: 0,
        firstNs: 0,
        lastNs: 0,
        widestGapNs: 0,
        shortestRttNs: SECOND,
        nextSeq: 0,
        nextFreshSeq: 0,
      };
      this.totals[path] = totals;
    }
    return totals;
  }
}

/** Beside its number: the source port; of an echo, which has none, the address of who asked. */
function saltOf(packet: Packet, asker: Int32Array, port: number): number {
  return packet.isTcp
    ? port
    : (asker[3] as number) ^ (asker[2] as number) ^ (asker[1] as number) ^ (asker[0] as number);
}
