import { Outcomes, type SampleColumns, SampleFlags } from '../model/sample.js';
import { EARLY, followsQuickHalf, isReleasedByNext } from './next-probe-release.js';

/** So many of a path wait at most; the usual RTT is learnt from as many at a time. */
const MOST_WAITING = 64;

/** Numbers that decide about the answers of a path: one cache line. */
const ROW = 8;
const [BELOW, UNTIL, STAMPS, ROOM, WAITING, SENT, ARRIVAL, RELEASES] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Numbers of an answer that waits. */
const CELLS = 4;
const [SENT_AT, RTT, SEND_ERROR, FLOW] = [0, 1, 2, 3];

const ANY_FLOW = ~SampleFlags.freshFlow;

/** The answers of one path, by its number, among those of all. */
export interface PlainAnswersOfPath {
  readonly all: PlainAnswers;
  readonly index: number;
}

/** What an answer must be so that it need only be counted. */
export interface PlainLevel {
  /** RTT from which on an answer is looked at by itself; negative infinity: each is. */
  readonly belowNs: number;
  /** Something is to be judged once an answer comes so late. */
  readonly untilNs: number;
  /** Flags, but for `freshFlow`. */
  readonly stamps: number;
  /** After so many answers the level may be another. */
  readonly room: number;
  /** Of the answer before. */
  readonly sentNs: number;
  readonly arrivalNs: number;
  /** Answers have been let go by the next probe: one that may end that is looked at by itself. */
  readonly releases: boolean;
}

/** Answers in the order in which they came; the columns are those of the next run, too. */
export interface PlainRun {
  length: number;
  stamps: number;
  readonly sentNs: Float64Array;
  readonly rttNs: Float64Array;
  /** sent - due. */
  readonly sendErrorNs: Float64Array;
  readonly flow: Uint16Array;
}

/**
 * Answers that decide nothing, of all paths of a run, which wait until some dozens of a path can be counted at once. What
 * is known of a path is spread over some fifty cache lines; with a thousand paths they would be fetched anew for each
 * answer. To see that one is plain takes a line of numbers of the path, to keep it half a line.
 *
 * Whoever counts the answers of a path says what is plain, and has them before anything else of the path is looked at.
 */
export class PlainAnswers {
  #rows = new Float64Array(0);
  #waiting = new Float64Array(0);
  readonly #run: PlainRun = {
    length: 0,
    stamps: 0,
    sentNs: new Float64Array(MOST_WAITING),
    rttNs: new Float64Array(MOST_WAITING),
    sendErrorNs: new Float64Array(MOST_WAITING),
    flow: new Uint16Array(MOST_WAITING),
  };

  /** A path of this number; until {@link expect} nothing of it is plain. */
  add(path: number): void {
    if ((path + 1) * ROW > this.#rows.length) {
      const paths = Math.max(path + 1, (2 * this.#rows.length) / ROW);
      const [rows, waiting] = [this.#rows, this.#waiting];
      this.#rows = new Float64Array(paths * ROW);
      this.#waiting = new Float64Array(paths * MOST_WAITING * CELLS);
      this.#rows.set(rows);
      this.#waiting.set(waiting);
    }
    this.#rows[path * ROW + BELOW] = Number.NEGATIVE_INFINITY;
    this.#rows[path * ROW + WAITING] = 0;
  }

  expect(path: number, { belowNs, untilNs, stamps, room, sentNs, arrivalNs, releases }: PlainLevel): void {
    const rows = this.#rows;
    const row = path * ROW;
    rows[row + BELOW] = room > 0 ? belowNs : Number.NEGATIVE_INFINITY;
    rows[row + UNTIL] = untilNs;
    rows[row + STAMPS] = stamps;
    rows[row + ROOM] = Math.min(room, MOST_WAITING);
    rows[row + SENT] = sentNs;
    rows[row + ARRIVAL] = arrivalNs;
    rows[row + RELEASES] = releases ? 1 : 0;
  }

  /** Keeps the samples from `from` on that are plain answers. @returns the first that is none, or `to` */
  take(samples: SampleColumns, from: number, to: number): number {
    const rows = this.#rows;
    const cells = this.#waiting;
    const { path, outcome, flags, flow } = samples;
    for (let i = from; i < to; i += 1) {
      const row = (path[i] as number) * ROW;
      const rttNs = samples.rttNs[i] as number;
      if (!(rttNs < (rows[row + BELOW] as number)) || outcome[i] !== Outcomes.reply) return i;
      if (((flags[i] as number) & ANY_FLOW) !== rows[row + STAMPS]) return i;
      const sentNs = samples.sentNs[i] as number;
      const arrivalNs = sentNs + rttNs;
      if (arrivalNs >= (rows[row + UNTIL] as number)) return i;
      const beforeSentNs = rows[row + SENT] as number;
      const beforeArrivalNs = rows[row + ARRIVAL] as number;
      const gapNs = sentNs - beforeSentNs;
      const lagNs = beforeArrivalNs - sentNs;
      // Hardly ever: a call for each would make two numbers in memory.
      if (lagNs >= -EARLY * gapNs && isReleasedByNext(gapNs, lagNs)) return i;
      if (rows[row + RELEASES] === 1 && !followsQuickHalf(gapNs, beforeArrivalNs - beforeSentNs)) return i;
      rows[row + SENT] = sentNs;
      rows[row + ARRIVAL] = arrivalNs;
      const waiting = rows[row + WAITING] as number;
      const at = ((path[i] as number) * MOST_WAITING + waiting) * CELLS;
      cells[at + SENT_AT] = sentNs;
      cells[at + RTT] = rttNs;
      cells[at + SEND_ERROR] = sentNs - (samples.dueNs[i] as number);
      cells[at + FLOW] = flow[i] as number;
      rows[row + WAITING] = waiting + 1;
      // The next one is looked at by itself, after these have been counted.
      if (waiting + 1 === rows[row + ROOM]) rows[row + BELOW] = Number.NEGATIVE_INFINITY;
    }
    return to;
  }

  /** Gives what waits of a path, which is up to the caller from now on; the path expects nothing plain any more. */
  drain(path: number): PlainRun {
    const rows = this.#rows;
    const row = path * ROW;
    const run = this.#run;
    const cells = this.#waiting;
    const { sentNs, rttNs, sendErrorNs, flow } = run;
    const length = rows[row + WAITING] as number;
    for (let i = 0, at = path * MOST_WAITING * CELLS; i < length; i += 1, at += CELLS) {
      sentNs[i] = cells[at + SENT_AT] as number;
      rttNs[i] = cells[at + RTT] as number;
      sendErrorNs[i] = cells[at + SEND_ERROR] as number;
      flow[i] = cells[at + FLOW] as number;
    }
    run.length = length;
    run.stamps = rows[row + STAMPS] as number;
    rows[row + WAITING] = 0;
    rows[row + BELOW] = Number.NEGATIVE_INFINITY;
    return run;
  }
}
