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
import { PendingTable, Repeats, States } from './pending-table.js';

const BATCH = 4_096;
/** The same packet at a second interface of the machine comes within this, whatever its TTL. */
const COPY_NS = 1 * MS;
/** No kernel sends a SYN again sooner (RFC 6298 has 1 s, and Linux no less than 200 ms); some probers give all the same number. */
const LEAST_RETRANSMISSION_NS = 200 * MS;
/** A clock that goes back by more than this was set; less is the order in which CPUs hand packets over. */
const STEP_NS = 100 * MS;
/** An answer that comes faster than this share of the shortest RTT was to an earlier SYN (RFC 6298 calls it Karn's problem). */
const TOO_FAST = 0.9;

/** Beside {@link Repeats}. */
const COPY = -1;

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
  /** 1 where a probe shortly before had the same number: by it the two are not told apart. */
  readonly repeated: Uint8Array;
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
  /** Probes with the number of one shortly before, which no kernel does. */
  sameNumber: number;
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

interface Try {
  readonly table: PendingTable;
  readonly slot: number;
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
  /** Probes whose wait is not over, answered or not. */
  readonly #pending = new PendingTable();
  /** Lost ones that may be answered late: apart, so that the others stay few and close together. */
  readonly #overdue = new PendingTable();
  #columns = allocateSamples(BATCH);
  #keys = new Uint32Array(BATCH);
  #repeated = new Uint8Array(BATCH);
  #filled = 0;
  #nowNs = Number.NEGATIVE_INFINITY;
  #nextDueNs = Number.POSITIVE_INFINITY;
  /** Added to stamps since the clock was set back. */
  #aheadNs = 0;

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

  packet(bytes: Uint8Array, from: number, to: number, stampNs: number, linkType: number): void {
    this.capture.packets += 1;
    const packet = this.#packet;
    packet.read(bytes, from, to, linkType);
    if (packet.kind === PacketKinds.other) {
      if (!isKnownLink(linkType)) {
        this.capture.unknownLinks.set(linkType, (this.capture.unknownLinks.get(linkType) ?? 0) + 1);
      }
      return;
    }
    let timeNs = Math.max(0, stampNs + this.#aheadNs);
    if (timeNs > this.#nowNs) {
      this.#nowNs = timeNs;
      if (timeNs >= this.#nextDueNs) this.#expire(timeNs);
    } else if (timeNs < this.#nowNs - STEP_NS) {
      this.#stepBack(timeNs);
      timeNs = this.#nowNs;
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
    if (this.#pending.end > 0) this.#expire(this.#nowNs);
    this.#giveUp();
    this.flush();
  }

  /** Hands over what is there. */
  flush(): void {
    if (this.#filled === 0) return;
    this.batch({ samples: takeSamples(this.#columns, this.#filled), keys: this.#keys, repeated: this.#repeated });
    this.#filled = 0;
  }

  #probe(packet: Packet, timeNs: number): void {
    const path = this.paths.ofProbe(packet);
    if (path < 0) {
      this.capture.leftOut += 1;
      return;
    }
    const salt = saltOf(packet, packet.source, packet.sourcePort);
    const totals = this.#totalsOf(path);
    const repeats = this.#seenBefore(packet, path, salt, timeNs);
    if (repeats === COPY) {
      totals.copies += 1;
      return;
    }
    if (repeats === Repeats.sentAgain) totals.sentAgain += 1;
    else if (repeats === Repeats.sameNumber) totals.sameNumber += 1;
    const pending = this.#pending;
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
    pending.again[slot] = repeats;
    if (totals.nextSeq + totals.nextFreshSeq === 1) totals.firstNs = timeNs;
    else if (timeNs - totals.lastNs > totals.widestGapNs) totals.widestGapNs = timeNs - totals.lastNs;
    totals.sent += 1;
    totals.lastNs = timeNs;
    if (this.#nextDueNs === Number.POSITIVE_INFINITY) this.#nextDueNs = timeNs + this.times.waitNs;
  }

  /** Whether its number was seen before: at another interface, or in a probe that was sent again; one of {@link Repeats}, or a copy. */
  #seenBefore(packet: Packet, path: number, salt: number, timeNs: number): number {
    const table = this.#pending;
    const place = table.find(path, packet.number, salt);
    if (place < 0) {
      const wasLost = packet.isTcp && this.#overdue.find(path, packet.number, salt) >= 0;
      return wasLost ? Repeats.sentAgain : Repeats.none;
    }
    const slot = table.slot(place);
    const sinceNs = timeNs - (table.sentNs[slot] as number);
    const otherHop = packet.ipId !== 0 && packet.ipId === table.ipId[slot] && packet.ttl !== table.ttl[slot];
    if (otherHop || sinceNs < COPY_NS) return COPY;
    const isOpen = table.state[slot] === States.pending;
    return packet.isTcp && isOpen && sinceNs >= LEAST_RETRANSMISSION_NS ? Repeats.sentAgain : Repeats.sameNumber;
  }

  #answer(packet: Packet, timeNs: number): void {
    const path = this.paths.ofAnswer(packet);
    const salt = path < 0 ? 0 : saltOf(packet, packet.destination, packet.destinationPort);
    let table = this.#pending;
    let place = path < 0 ? -1 : table.find(path, packet.answers, salt);
    if (place < 0 && path >= 0) {
      table = this.#overdue;
      place = table.find(path, packet.answers, salt);
    }
    if (place < 0) {
      // Any connection may be reset; only what answers a probe and nothing else is a stray.
      if (packet.kind !== PacketKinds.rstAck) this.capture.strays += 1;
      return;
    }
    const slot = table.slot(place);
    const earlier = table.again[slot] === Repeats.none ? undefined : this.#earlierAnswered(table, slot, packet, timeNs);
    if (earlier === undefined) this.#settle(table, slot, path, packet, timeNs);
    else this.#settle(earlier.table, earlier.slot, path, packet, timeNs);
  }

  #settle(table: PendingTable, slot: number, path: number, packet: Packet, timeNs: number): void {
    const totals = this.#totalsOf(path);
    if (table.state[slot] === States.answered) {
      const isCopy = timeNs - (table.answeredNs[slot] as number) < COPY_NS || packet.ttl !== table.answerTtl[slot];
      if (isCopy) totals.copies += 1;
      else totals.duplicates += 1;
      return;
    }
    const rttNs = Math.max(0, timeNs - (table.sentNs[slot] as number));
    const wasLost = table.state[slot] === States.lost;
    const late = wasLost || rttNs > this.times.waitNs;
    if (wasLost) totals.lost -= 1;
    else if (late) this.#emit(table, slot, Outcomes.lost, -1, 0, null);
    table.state[slot] = States.answered;
    table.answeredNs[slot] = timeNs;
    table.answerTtl[slot] = packet.ttl;
    totals.received += 1;
    if (late) totals.late += 1;
    if (rttNs < totals.shortestRttNs) totals.shortestRttNs = rttNs;
    const reply =
      packet.kind === PacketKinds.synAck ? REPLY.synAck : packet.kind === PacketKinds.rstAck ? REPLY.rst : REPLY.echo;
    this.#emit(table, slot, late ? Outcomes.late : Outcomes.reply, rttNs, reply, packet);
  }

  /** Which of the earlier probes with its number an answer is to; undefined when it is to the latest. */
  #earlierAnswered(latestTable: PendingTable, latest: number, packet: Packet, timeNs: number): Try | undefined {
    const isCopy = packet.ttl !== latestTable.answerTtl[latest];
    if (latestTable.state[latest] === States.answered) {
      return isCopy ? undefined : this.#triesBefore(latestTable, latest)[0];
    }
    return latestTable.again[latest] === Repeats.sentAgain
      ? this.#answersEarlier(latestTable, latest, packet, timeNs)
      : undefined;
  }

  /**
   * The earlier SYN that an answer is to, where several were sent; undefined when it is to the latest. The time stamps
   * option says it; without it, an answer that is faster than any other is one to the first. The later SYNs then count
   * for nothing: their answers are not told apart.
   */
  #answersEarlier(latestTable: PendingTable, latest: number, packet: Packet, timeNs: number): Try | undefined {
    const shortestNs = this.#totalsOf(latestTable.path[latest] as number).shortestRttNs;
    const isAnswerTo = ({ table, slot }: Try): boolean =>
      packet.stampEcho !== 0 && table.stamp[slot] !== 0
        ? packet.stampEcho === table.stamp[slot]
        : timeNs - (table.sentNs[slot] as number) >= TOO_FAST * shortestNs;
    let own: Try = { table: latestTable, slot: latest };
    for (const before of this.#triesBefore(latestTable, latest)) {
      if (isAnswerTo(own)) break;
      if (own.table.state[own.slot] === States.pending) {
        own.table.state[own.slot] = States.void;
        this.#totalsOf(own.table.path[own.slot] as number).sent -= 1;
      }
      own = before;
    }
    return own.slot === latest && own.table === latestTable ? undefined : own;
  }

  /** The unanswered probes with the number of this one before it, latest first. */
  #triesBefore(table: PendingTable, slot: number): Try[] {
    const tries: Try[] = [];
    let place = table.findBefore(slot);
    for (; place >= 0; place = table.findBefore(table.slot(place))) tries.push({ table, slot: table.slot(place) });
    if (table === this.#pending) {
      const overdue = this.#overdue;
      place = overdue.find(table.path[slot] as number, table.number[slot] as number, table.salt[slot] as number);
      for (; place >= 0; place = overdue.findBefore(overdue.slot(place))) {
        tries.push({ table: overdue, slot: overdue.slot(place) });
      }
    }
    return tries.filter(
      ({ table: own, slot: at }) => own.state[at] === States.pending || own.state[at] === States.lost,
    );
  }

  #error(packet: Packet, timeNs: number): void {
    const path = this.paths.ofQuoted(packet);
    if (path < 0) return;
    const table = this.#pending;
    const place = table.find(path, packet.number, saltOf(packet, packet.source, packet.sourcePort));
    if (place < 0) return;
    const slot = table.slot(place);
    if (table.state[slot] !== States.pending) return;
    table.state[slot] = States.answered;
    table.answeredNs[slot] = timeNs;
    table.answerTtl[slot] = packet.ttl;
    this.#totalsOf(path).errors += 1;
    const type = packet.icmpType;
    const reply = type === 3 || type === 1 ? REPLY.unreachable : type === 11 ? REPLY.ttlExceeded : REPLY.otherIcmp;
    this.#emit(table, slot, Outcomes.error, -1, reply, packet);
  }

  #emit(
    pending: PendingTable,
    slot: number,
    outcome: number,
    rttNs: number,
    reply: number,
    packet: Packet | null,
  ): void {
    const columns = this.#columns;
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
    this.#keys[i] = keyOf(pending.number[slot] as number, pending.port[slot] as number);
    this.#repeated[i] = pending.again[slot] === Repeats.none ? 0 : 1;
    this.#filled += 1;
    if (this.#filled === BATCH) this.flush();
  }

  /** Reports what was not answered in time, and forgets what is older than answers are waited for. */
  #expire(nowNs: number): void {
    const pending = this.#pending;
    const { waitNs, matchNs } = this.times;
    while (pending.start < pending.end) {
      const slot = pending.slot(pending.start);
      if ((pending.sentNs[slot] as number) + waitNs > nowNs) break;
      this.#loseOldest(slot);
    }
    const overdue = this.#overdue;
    while (overdue.start < overdue.end) {
      if ((overdue.sentNs[overdue.slot(overdue.start)] as number) + matchNs > nowNs) break;
      overdue.drop();
    }
    // Not for each probe by itself: what is lost is reported a little later.
    this.#nextDueNs = pending.start < pending.end ? nowNs + waitNs / 100 : Number.POSITIVE_INFINITY;
  }

  #loseOldest(slot: number): void {
    const pending = this.#pending;
    if (pending.state[slot] === States.pending) {
      pending.state[slot] = States.lost;
      this.#totalsOf(pending.path[slot] as number).lost += 1;
      this.#emit(pending, slot, Outcomes.lost, -1, 0, null);
      if (this.#overdue.full) this.#overdue.drop();
      this.#overdue.addFrom(pending, slot);
    }
    pending.drop();
  }

  #forgetOldest(): void {
    this.#loseOldest(this.#pending.slot(this.#pending.start));
  }

  /** The clock was set back: nothing is known of how long what is under way takes. Time goes on where it was. */
  #stepBack(timeNs: number): void {
    this.capture.clockSteps += 1;
    this.#giveUp();
    while (this.#overdue.start < this.#overdue.end) this.#overdue.drop();
    this.#aheadNs += this.#nowNs - timeNs;
    this.#nextDueNs = Number.POSITIVE_INFINITY;
  }

  /** Nothing more will be known of what is under way. */
  #giveUp(): void {
    const pending = this.#pending;
    for (; pending.start < pending.end; pending.drop()) {
      const slot = pending.slot(pending.start);
      if (pending.state[slot] === States.pending) this.#totalsOf(pending.path[slot] as number).inFlight += 1;
    }
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
        sameNumber: 0,
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

/** Number and port in one word. An echo, which has no port, keeps its number. */
function keyOf(number: number, port: number): number {
  if (port === 0) return number >>> 0;
  const mixed = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b) ^ Math.imul(port, 0xc2b2_ae35);
  return Math.imul(mixed ^ (mixed >>> 13), 0x27d4_eb2f) >>> 0;
}

/** Beside its number: the source port; of an echo, which has none, the address of who asked. */
function saltOf(packet: Packet, asker: Int32Array, port: number): number {
  return packet.isTcp
    ? port
    : (asker[3] as number) ^ (asker[2] as number) ^ (asker[1] as number) ^ (asker[0] as number);
}
