import { MS } from '../../../model/time.js';
import { type Packet, PacketKinds } from '../packet/packet.js';
import type { ExchangeTotals } from './exchange-totals.js';
import { type PendingTable, Repeats, States } from './pending-table.js';
import type { SynSentAgain } from './syn-retransmission.js';

/** The same packet at a second interface of the machine comes within this, whatever its TTL. */
export const COPY_NS = 1 * MS;
/** Probers without a TCP of their own may give all SYNs one number: one of theirs sent again so soon is no repetition. */
const LEAST_RETRANSMISSION_NS = 200 * MS;
/** An answer faster than this share of the shortest RTT of the path was to an earlier SYN: Karn's problem, RFC 6298. */
const TOO_FAST = 0.5;
/**
 * A Linux server that hears a SYN again sends the SYN-ACK of the first once more, the time stamp of the first in it
 * (tcp_check_req). What comes a usual RTT behind the last SYN was asked for by the last.
 */
const USUAL = 2;
/** Where no RTT of the path is known yet: as a share of the distance of the SYNs. */
const JUST_BEHIND = 0.02;

/** Beside {@link Repeats}. */
export const COPY = -1;

/** One of several probes with the same number. */
export interface Try {
  readonly table: PendingTable;
  readonly slot: number;
}

/** What an answer is to, where its number was sent more than once. */
export type Answered =
  | {
      readonly kind: 'try';
      readonly own: Try /** Sent before it and not answered, latest first. */;
      readonly before: readonly Try[];
    }
  /** The answer to an earlier one, sent again: because the last SYN asked for it, or by the timer of who answers. */
  | { readonly kind: 'repeated-answer'; readonly askedBy: Try | undefined };

/** Tells apart what carries a number that was seen before: copies, SYNs sent again, and probers with one number for all. */
export class RepeatedProbes {
  constructor(
    private readonly pending: PendingTable,
    private readonly overdue: PendingTable,
    private readonly totalsOf: (path: number) => ExchangeTotals,
  ) {}

  /** Whether its number was seen before: at another interface, or in a probe that was sent again; one of {@link Repeats}, or a copy. */
  seenBefore(packet: Packet, path: number, salt: number, timeNs: number): number {
    const table = this.pending;
    const place = table.find(path, packet.number, salt);
    if (place < 0) {
      if (!packet.isTcp) return Repeats.none;
      const isOverdue = this.overdue.start < this.overdue.end && this.overdue.find(path, packet.number, salt) >= 0;
      if (isOverdue) return Repeats.sentAgain;
      return packet.hasOptions && table.findAnswered(path, packet.number, salt) >= 0 ? Repeats.sentAgain : Repeats.none;
    }
    const slot = table.slot(place);
    const sinceNs = timeNs - (table.sentNs[slot] as number);
    const otherHop = packet.ipId !== 0 && packet.ipId === table.ipId[slot] && packet.ttl !== table.ttl[slot];
    if (otherHop || sinceNs < COPY_NS) return COPY;
    if (!packet.isTcp) return Repeats.sameNumber;
    // Every kernel states a segment size in its SYNs; who sends bare ones is a prober.
    if (packet.hasOptions) return Repeats.sentAgain;
    const isOpen = table.state[slot] === States.pending;
    return isOpen && sinceNs >= LEAST_RETRANSMISSION_NS ? Repeats.sentAgain : Repeats.sameNumber;
  }

  /** Which of the probes with one number an answer is to; undefined for a copy of an answer. */
  answered(latest: Try, packet: Packet, timeNs: number): Answered | undefined {
    const { table, slot } = latest;
    const tries = this.#tries(latest);
    if (packet.kind === PacketKinds.synAck) {
      const same = tries.find((one) => isAnswered(one) && one.table.answerNumber[one.slot] === packet.answerNumber);
      if (same !== undefined) {
        if (isCopy(same, packet, timeNs)) return undefined;
        return { kind: 'repeated-answer', askedBy: askedAfter(latest, same) };
      }
    }
    const open = tries.filter((one) => !isAnswered(one) && one.table.state[one.slot] !== States.void);
    const [last] = open;
    if (table.again[slot] !== Repeats.sentAgain) {
      // Answers of a queue that held them all come in any order: the latest first keeps the shape of their times.
      if (isAnswered(latest) && packet.ttl !== table.answerTtl[slot]) return undefined;
      return { kind: 'try', own: last ?? latest, before: [] };
    }
    // A kernel asks until it is answered: what comes then is no answer of its own.
    const known = tries.find(isAnswered);
    if (last === undefined || known !== undefined) {
      return { kind: 'repeated-answer', askedBy: known === undefined ? undefined : askedAfter(latest, known) };
    }
    const at = this.#choose(open, packet, timeNs);
    // Those behind it were sent in vain: their answers are not told apart.
    for (const later of open.slice(0, at)) this.#void(later);
    return { kind: 'try', own: open[at] as Try, before: open.slice(at + 1) };
  }

  /** An answer that only repeats an earlier one has answered this probe: it counts for nothing. */
  voidIfOpen(one: Try): void {
    this.#void(one);
  }

  /**
   * Of SYNs without an answer, latest first, the one that is answered. The time stamps option says it, unless the
   * answer comes a usual RTT behind the last; without it, the last that is not answered too fast for the path.
   */
  #choose(open: readonly Try[], packet: Packet, timeNs: number): number {
    const [last, before] = open as readonly [Try, ...Try[]];
    const sinceNs = (one: Try): number => timeNs - (one.table.sentNs[one.slot] as number);
    const shortestNs = this.totalsOf(last.table.path[last.slot] as number).shortestRttNs;
    const tooFastNs = shortestNs === Number.POSITIVE_INFINITY ? 0 : TOO_FAST * shortestNs;
    const stamped = packet.stampEcho !== 0 && open.every(({ table, slot }) => table.stamp[slot] !== 0);
    const said = stamped ? open.findIndex(({ table, slot }) => table.stamp[slot] === packet.stampEcho) : -1;
    if (said > 0) {
      const distanceNs = before === undefined ? 0 : sinceNs(before) - sinceNs(last);
      const usualNs = tooFastNs === 0 ? JUST_BEHIND * distanceNs : USUAL * shortestNs;
      return sinceNs(last) >= tooFastNs && sinceNs(last) <= usualNs && sinceNs(last) < distanceNs ? 0 : said;
    }
    if (said === 0) return 0;
    const fits = open.findIndex((one) => sinceNs(one) >= tooFastNs);
    return fits < 0 ? open.length - 1 : fits;
  }

  #void({ table, slot }: Try): void {
    if (table.state[slot] !== States.pending) return;
    table.state[slot] = States.void;
    this.totalsOf(table.path[slot] as number).sent -= 1;
  }

  /** All that are remembered with the number of this one, itself first, then the earlier ones, latest first. */
  #tries({ table, slot }: Try): Try[] {
    const tries: Try[] = [{ table, slot }];
    const [path, number, salt] = [table.path[slot], table.number[slot], table.salt[slot]] as [number, number, number];
    for (let place = table.findBefore(slot); place >= 0; place = table.findBefore(table.slot(place))) {
      tries.push({ table, slot: table.slot(place) });
    }
    if (table === this.pending) {
      const { overdue } = this;
      for (let place = overdue.find(path, number, salt); place >= 0; place = overdue.findBefore(overdue.slot(place))) {
        tries.push({ table: overdue, slot: overdue.slot(place) });
      }
    }
    const answered = this.pending.findAnswered(path, number, salt);
    if (answered >= 0) {
      const known = this.pending.slot(answered);
      if (!tries.some((one) => one.table === this.pending && one.slot === known)) {
        tries.push({ table: this.pending, slot: known });
      }
    }
    return tries.sort((a, b) => (b.table.sentNs[b.slot] as number) - (a.table.sentNs[a.slot] as number));
  }
}

/** The SYN that asked again although an answer had passed the capture point. */
function askedAfter(latest: Try, answered: Try): Try | undefined {
  const { table, slot } = latest;
  const isLater = (table.sentNs[slot] as number) > (answered.table.answeredNs[answered.slot] as number);
  return table.state[slot] === States.pending && table.again[slot] === Repeats.sentAgain && isLater
    ? latest
    : undefined;
}

function isAnswered({ table, slot }: Try): boolean {
  return table.state[slot] === States.answered;
}

/** The same answer at another interface. */
export function isCopy({ table, slot }: Try, packet: Packet, timeNs: number): boolean {
  return timeNs - (table.answeredNs[slot] as number) < COPY_NS || packet.ttl !== table.answerTtl[slot];
}

/**
 * What is to be told of a SYN that was sent again; undefined where it was not.
 * @param tries the answered one first, those before it behind it
 */
export function sentAgainOf(tries: readonly Try[], answeredNs: number, answerLost: boolean): SynSentAgain | undefined {
  const [own] = tries;
  if (own === undefined || (tries.length < 2 && !answerLost)) return undefined;
  const { table, slot } = own;
  return {
    path: table.path[slot] as number,
    port: table.port[slot] as number,
    sentNs: tries.map((one) => one.table.sentNs[one.slot] as number).sort((a, b) => a - b),
    answeredNs,
    answerLost,
  };
}
