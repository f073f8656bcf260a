import { FRESH_SEQ_BIT, Outcomes } from '../../../model/sample.js';
import type { PacketSink } from '../file/capture-file.js';
import { isKnownLink } from '../packet/link-layer.js';
import { Packet, PacketKinds } from '../packet/packet.js';
import { CaptureClock } from './capture-clock.js';
import type { DataWaits } from './data-waits.js';
import { type ExchangeBatch, ExchangeBatches } from './exchange-batch.js';
import { type CaptureTotals, type ExchangeTotals, noTotals } from './exchange-totals.js';
import { FastOpens } from './fast-open.js';
import type { PathTable } from './path-table.js';
import { PendingTable, Repeats, States } from './pending-table.js';
import { RememberedProbes, saltOf } from './remembered-probes.js';
import { COPY, isCopy, RepeatedProbes, sentAgainOf, type Try } from './repeated-probe.js';
import { errorOf, replyOf } from './reply-kind.js';
import type { SynSentAgain } from './syn-retransmission.js';

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
    unread: [],
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
  readonly #repeats = new RepeatedProbes(this.#pending, this.#overdue, (path) => this.#totalsOf(path));
  readonly #fastOpens = new FastOpens();
  readonly #remembered = new RememberedProbes(this.#pending, this.#overdue, this.#fastOpens);
  readonly #batches: ExchangeBatches;
  readonly #clock = new CaptureClock(() => this.#clockStep());
  #nextDueNs = Number.POSITIVE_INFINITY;

  /** @param deliver takes samples; they are overwritten afterwards */
  constructor(
    private readonly paths: PathTable,
    private readonly times: ExchangeTimes,
    deliver: (batch: ExchangeBatch) => void,
    /** Whether a probe from this port is one of its own, which counts apart from those of fixed flows. */
    private readonly isFresh: (path: number, port: number) => boolean = () => false,
    /** Told of each SYN that was sent again, once one of them is answered. */
    private readonly sentAgain: (about: SynSentAgain) => void = () => {},
    /** Follows the data of connections, where that is wanted. */
    private readonly data?: DataWaits,
  ) {
    this.#packet.readsData = data !== undefined;
    this.#batches = new ExchangeBatches(deliver);
  }

  /** Latest instant of the capture. */
  get nowNs(): number {
    return this.#clock.nowNs;
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
      this.#countUnread(packet, linkType);
      return;
    }
    if (packet.kind === PacketKinds.data) {
      // Data tells nothing of probes: their clock goes on with what asks and answers.
      this.data?.take(packet, stampNs);
      return;
    }
    if (packet.kind === PacketKinds.syn) this.data?.opened(packet);
    const timeNs = this.#clock.take(stampNs);
    if (timeNs >= this.#nextDueNs) this.#expire(timeNs);
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
    if (this.#pending.end > 0) this.#expire(this.#clock.nowNs);
    this.#giveUp();
    this.flush();
    this.data?.finish();
  }

  /** Hands over what is there. */
  flush(): void {
    this.#batches.flush();
  }

  #countUnread({ unread }: Packet, linkType: number): void {
    const { unknownLinks, unread: counts } = this.capture;
    if (!isKnownLink(linkType)) unknownLinks.set(linkType, (unknownLinks.get(linkType) ?? 0) + 1);
    else if (unread >= 0) counts[unread] = (counts[unread] ?? 0) + 1;
  }

  #probe(packet: Packet, timeNs: number): void {
    const path = this.paths.ofProbe(packet);
    if (path < 0) {
      this.capture.leftOut += 1;
      return;
    }
    const salt = saltOf(packet, packet.source, packet.sourcePort);
    const totals = this.#totalsOf(path);
    const repeats = this.#repeats.seenBefore(packet, path, salt, timeNs);
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
    if (packet.dataBytes > 0) this.#fastOpens.add(path, packet.sourcePort, packet.number, packet.dataBytes);
    if (totals.nextSeq + totals.nextFreshSeq === 1) totals.firstNs = timeNs;
    else if (timeNs - totals.lastNs > totals.widestGapNs) totals.widestGapNs = timeNs - totals.lastNs;
    totals.sent += 1;
    totals.lastNs = timeNs;
    if (this.#nextDueNs === Number.POSITIVE_INFINITY) this.#nextDueNs = timeNs + this.times.waitNs;
  }

  #answer(packet: Packet, timeNs: number): void {
    const path = this.paths.ofAnswer(packet);
    const salt = path < 0 ? 0 : saltOf(packet, packet.destination, packet.destinationPort);
    // Most answers are to a probe that was sent once: no more than a look-up, and no object, for them.
    const pending = this.#pending;
    const place = path < 0 ? -1 : pending.find(path, packet.answers, salt);
    const only = pending.slot(place);
    if (place >= 0 && pending.again[only] === Repeats.none) {
      this.#settle(pending, only, path, packet, timeNs);
      return;
    }
    const latest =
      path < 0
        ? undefined
        : (this.#remembered.latest(path, packet.answers, salt) ?? this.#remembered.byData(packet, path, salt));
    if (latest === undefined) {
      // Any connection may be reset; only what answers a probe and nothing else is a stray.
      if (packet.kind !== PacketKinds.rstAck) this.capture.strays += 1;
      return;
    }
    const { table, slot } = latest;
    if (table.again[slot] === Repeats.none) {
      this.#settle(table, slot, path, packet, timeNs);
      return;
    }
    const answered = this.#repeats.answered(latest, packet, timeNs);
    if (answered === undefined) {
      this.#totalsOf(path).copies += 1;
    } else if (answered.kind === 'try') {
      this.#settle(answered.own.table, answered.own.slot, path, packet, timeNs);
      this.#tellSentAgain([answered.own, ...answered.before], timeNs, false);
    } else {
      this.#totalsOf(path).duplicates += 1;
      if (answered.askedBy === undefined) return;
      this.#tellSentAgain([answered.askedBy], timeNs, true);
      this.#repeats.voidIfOpen(answered.askedBy);
    }
  }

  #tellSentAgain(tries: readonly Try[], answeredNs: number, answerLost: boolean): void {
    const about = sentAgainOf(tries, answeredNs, answerLost);
    if (about !== undefined) this.sentAgain(about);
  }

  #settle(table: PendingTable, slot: number, path: number, packet: Packet, timeNs: number): void {
    const totals = this.#totalsOf(path);
    const state = table.state[slot];
    if (state === States.answered || state === States.void) {
      if (state === States.answered && isCopy({ table, slot }, packet, timeNs)) totals.copies += 1;
      else totals.duplicates += 1;
      return;
    }
    const rttNs = Math.max(0, timeNs - (table.sentNs[slot] as number));
    const wasLost = state === States.lost;
    const late = wasLost || rttNs > this.times.waitNs;
    if (wasLost) totals.lost -= 1;
    else if (late) this.#batches.add(table, slot, Outcomes.lost, -1, 0, null);
    table.state[slot] = States.answered;
    table.answeredNs[slot] = timeNs;
    table.answerTtl[slot] = packet.ttl;
    table.answerNumber[slot] = packet.answerNumber;
    totals.received += 1;
    if (late) totals.late += 1;
    if (rttNs < totals.shortestRttNs && table.again[slot] === Repeats.none) totals.shortestRttNs = rttNs;
    this.#batches.add(table, slot, late ? Outcomes.late : Outcomes.reply, rttNs, replyOf(packet), packet);
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
    this.#batches.add(table, slot, Outcomes.error, -1, errorOf(packet), packet);
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
      this.#batches.add(pending, slot, Outcomes.lost, -1, 0, null);
      if (this.#overdue.full) this.#overdue.drop();
      this.#overdue.addFrom(pending, slot);
    }
    pending.drop();
  }

  #forgetOldest(): void {
    this.#loseOldest(this.#pending.slot(this.#pending.start));
  }

  /** The clock was set: nothing is known of how long what is under way takes. */
  #clockStep(): void {
    this.capture.clockSteps += 1;
    this.#giveUp();
    while (this.#overdue.start < this.#overdue.end) this.#overdue.drop();
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
      totals = noTotals();
      this.totals[path] = totals;
    }
    return totals;
  }
}
