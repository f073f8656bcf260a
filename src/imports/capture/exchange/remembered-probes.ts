import type { Packet } from '../packet/packet.js';
import type { FastOpens } from './fast-open.js';
import type { PendingTable } from './pending-table.js';
import type { Try } from './repeated-probe.js';

/** What is remembered of the probes of a capture, whether their wait is over or not. */
export class RememberedProbes {
  /**
   * @param pending those whose wait is not over, answered or not
   * @param overdue lost ones that may be answered late
   */
  constructor(
    private readonly pending: PendingTable,
    private readonly overdue: PendingTable,
    private readonly fastOpens: FastOpens,
  ) {}

  /** The latest probe with this number that is remembered, answered long ago included. */
  latest(path: number, number: number, salt: number): Try | undefined {
    const pending = this.pending;
    const overdue = this.overdue;
    const place = pending.find(path, number, salt);
    if (place >= 0) return { table: pending, slot: pending.slot(place) };
    const lost = overdue.find(path, number, salt);
    const answered = pending.findAnswered(path, number, salt);
    if (lost < 0 && answered < 0) return undefined;
    const isAnsweredLater =
      lost < 0 ||
      (answered >= 0 &&
        (pending.sentNs[pending.slot(answered)] as number) > (overdue.sentNs[overdue.slot(lost)] as number));
    return isAnsweredLater
      ? { table: pending, slot: pending.slot(answered) }
      : { table: overdue, slot: overdue.slot(lost) };
  }

  /** The SYN whose data an answer acknowledges. */
  byData(packet: Packet, path: number, salt: number): Try | undefined {
    if (!packet.isTcp) return undefined;
    const number = this.fastOpens.numberOf(path, packet.destinationPort, packet.answers);
    return number === undefined ? undefined : this.latest(path, number, salt);
  }
}

/** Beside its number: the source port; of an echo, which has none, the address of who asked. */
export function saltOf(packet: Packet, asker: Int32Array, port: number): number {
  return packet.isTcp
    ? port
    : (asker[3] as number) ^ (asker[2] as number) ^ (asker[1] as number) ^ (asker[0] as number);
}
