import { RECEIVED_STAMPS, type ReceivedStamp, SampleFlags, stampPlace } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import { LogHistogram } from '../stats/log-histogram.js';
import { summarizeTimes } from './time-summary.js';

const SENT_BY_USER = 4;

/**
 * RTTs of one path by what they were stamped with, where that is not the same for all: those that a packet socket or user
 * space stamped contain more of the way than those of the driver, and one distribution of both is of neither.
 */
export class TimesByStamps {
  /** Of the first answer; all are of it as long as `#times` is empty. */
  #first = -1;
  readonly #times = new Map<number, LogHistogram>();

  /**
   * Takes in one answer.
   *
   * @param before RTTs of all answers before it
   */
  record(rttNs: number, flags: number, before: LogHistogram): void {
    const kind = kindOf(flags);
    if (this.#first === -1) this.#first = kind;
    if (this.#times.size === 0) {
      if (kind === this.#first) return;
      this.#times.set(this.#first, before.copy());
    }
    this.#of(kind).record(rttNs);
  }

  /** Takes in the first `length` of some answers with the same flags, which others had before. */
  recordAll(rttsNs: Float64Array, length: number, flags: number): void {
    if (this.#times.size > 0) this.#of(kindOf(flags)).recordAll(rttsNs, length);
  }

  #of(kind: number): LogHistogram {
    let times = this.#times.get(kind);
    if (times === undefined) {
      times = new LogHistogram(9);
      this.#times.set(kind, times);
    }
    return times;
  }

  /** Most frequent first; undefined where all answers are of one kind. */
  told(): Summary['rttByStamps'] {
    if (this.#times.size === 0) return undefined;
    return [...this.#times]
      .sort(([, one], [, other]) => other.count - one.count)
      .flatMap(([kind, times]) => {
        const rttNs = summarizeTimes(times);
        const received = RECEIVED_STAMPS[kind & 3] as ReceivedStamp;
        const sentInUserSpace = (kind & SENT_BY_USER) !== 0;
        return rttNs === null ? [] : [{ received, sentInUserSpace, replies: times.count, rttNs }];
      });
  }
}

function kindOf(flags: number): number {
  return stampPlace(flags) | ((flags & SampleFlags.userSentStamp) === 0 ? 0 : SENT_BY_USER);
}
