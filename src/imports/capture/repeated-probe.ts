import { MS } from '../../model/time.js';
import type { ExchangeTotals } from './exchange-totals.js';
import type { Packet } from './packet.js';
import { type PendingTable, Repeats, States } from './pending-table.js';

/** The same packet at a second interface of the machine comes within this, whatever its TTL. */
export const COPY_NS = 1 * MS;
/** No kernel sends a SYN again sooner (RFC 6298 has 1 s, Linux no less than 200 ms); some probers give all one number. */
const LEAST_RETRANSMISSION_NS = 200 * MS;
/** An answer faster than this share of the shortest RTT was to an earlier SYN: Karn's problem, RFC 6298. */
const TOO_FAST = 0.9;

/** Beside {@link Repeats}. */
export const COPY = -1;

/** One of several probes with the same number. */
export interface Try {
  readonly table: PendingTable;
  readonly slot: number;
}

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
      const wasLost = packet.isTcp && this.overdue.find(path, packet.number, salt) >= 0;
      return wasLost ? Repeats.sentAgain : Repeats.none;
    }
    const slot = table.slot(place);
    const sinceNs = timeNs - (table.sentNs[slot] as number);
    const otherHop = packet.ipId !== 0 && packet.ipId === table.ipId[slot] && packet.ttl !== table.ttl[slot];
    if (otherHop || sinceNs < COPY_NS) return COPY;
    const isOpen = table.state[slot] === States.pending;
    return packet.isTcp && isOpen && sinceNs >= LEAST_RETRANSMISSION_NS ? Repeats.sentAgain : Repeats.sameNumber;
  }

  /** Which of the earlier probes with its number an answer is to; undefined when it is to the latest. */
  earlierAnswered(latestTable: PendingTable, latest: number, packet: Packet, timeNs: number): Try | undefined {
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
    const shortestNs = this.totalsOf(latestTable.path[latest] as number).shortestRttNs;
    const isAnswerTo = ({ table, slot }: Try): boolean =>
      packet.stampEcho !== 0 && table.stamp[slot] !== 0
        ? packet.stampEcho === table.stamp[slot]
        : timeNs - (table.sentNs[slot] as number) >= TOO_FAST * shortestNs;
    let own: Try = { table: latestTable, slot: latest };
    for (const before of this.#triesBefore(latestTable, latest)) {
      if (isAnswerTo(own)) break;
      if (own.table.state[own.slot] === States.pending) {
        own.table.state[own.slot] = States.void;
        this.totalsOf(own.table.path[own.slot] as number).sent -= 1;
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
    if (table === this.pending) {
      const overdue = this.overdue;
      place = overdue.find(table.path[slot] as number, table.number[slot] as number, table.salt[slot] as number);
      for (; place >= 0; place = overdue.findBefore(overdue.slot(place))) {
        tries.push({ table: overdue, slot: overdue.slot(place) });
      }
    }
    return tries.filter(
      ({ table: own, slot: at }) => own.state[at] === States.pending || own.state[at] === States.lost,
    );
  }
}
