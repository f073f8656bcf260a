import { MS, SECOND } from '../model/time.js';
import type { DetectedPath } from './detected-path.js';
import { type Judgement, judge } from './judgement.js';
import type { PathNoise } from './path-noise.js';
import type { Level } from './probe-delay.js';
import type { SampleTail } from './sample-tail.js';
import { type SurroundingPath, Surroundings } from './surroundings.js';
import type { UsualRtt } from './usual-rtt.js';

/** A delayed probe is judged this long after its arrival: by then its neighbours, and pauses, are known. */
export const HOLD_BACK_NS = 250 * MS;
/** What cannot be judged yet is looked at again after this time. */
export const JUDGE_AGAIN_NS = 100 * MS;
/** Without a running median by then, the lower quartile so far stands for it: some time, or as many probes as it takes. */
const WARM_UP = { leastNs: 2 * SECOND, probes: 16, mostNs: 30 * SECOND };
const LONGEST_EXCURSION_NS = 10 * SECOND;

/** What a case is judged from. */
export interface CaseFile {
  readonly path: DetectedPath & SurroundingPath;
  readonly tail: SampleTail;
  readonly usual: UsualRtt;
  readonly noise: PathNoise;
  /** Longest distance of sends within one excursion. */
  readonly gapNs: number;
  /** Send instant of the first answered probe. */
  readonly startNs: () => number;
}

/**
 * The delayed probes of one path that are still to be judged. The first one opens the case, at the level that the path
 * has then; it is judged from the tail a little later, and closed once nothing in it is left open.
 */
export class OpenCase {
  /** When it is to be judged; never while there is none. */
  judgeAtNs = Number.POSITIVE_INFINITY;
  #level: Level | null = null;
  #fromNs = 0;

  constructor(private readonly file: CaseFile) {}

  get isOpen(): boolean {
    return this.judgeAtNs !== Number.POSITIVE_INFINITY;
  }

  /** @param place of the delayed probe in the tail, @param arrivalNs of its answer */
  open(place: number, arrivalNs: number): void {
    const { tail, usual } = this.file;
    this.judgeAtNs = arrivalNs + HOLD_BACK_NS;
    this.#fromNs = arrivalNs;
    this.#level = usual.known ? usual.level(tail) : null;
    // What came before the case shows where it began.
    tail.protect(place);
  }

  /**
   * Judges what can be judged by now, and closes the case if that is all.
   * @param final the run has ended: nothing is waited for
   * @returns null while it is not known yet what RTT is usual
   */
  judge(nowNs: number, final: boolean): Judgement | null {
    const { path, tail, usual, noise, gapNs, startNs } = this.file;
    if (!final && this.#level === null && !usual.known && nowNs < this.#fromNs + this.#warmUpNs) {
      this.judgeAtNs = Math.min(nowNs + JUDGE_AGAIN_NS, this.#fromNs + this.#warmUpNs);
      return null;
    }
    this.#level ??= usual.guess(tail);
    const judged = judge(tail, this.#level, new Surroundings(path, tail, startNs()), noise, {
      gapNs,
      longestNs: Math.max(LONGEST_EXCURSION_NS, 30 * path.intervalNs * path.flows),
      untilNs: final ? Number.POSITIVE_INFINITY : nowNs - HOLD_BACK_NS,
    });
    if (judged.levelChanged) usual.reset();
    if (judged.openFrom === null || final) this.#close();
    else this.#goOn(judged.openFrom, nowNs);
    return judged;
  }

  get #warmUpNs(): number {
    return Math.max(WARM_UP.leastNs, Math.min(WARM_UP.probes * this.file.path.intervalNs, WARM_UP.mostNs));
  }

  #close(): void {
    this.judgeAtNs = Number.POSITIVE_INFINITY;
    this.#level = null;
    this.file.tail.unprotect();
  }

  #goOn(openFrom: number, nowNs: number): void {
    const { tail, usual } = this.file;
    this.judgeAtNs = nowNs + JUDGE_AGAIN_NS;
    const openFromNs = tail.arrivalNs(openFrom);
    if (openFromNs <= this.#fromNs) return;
    // What opened the case is settled: the rest is a case of its own.
    this.#fromNs = openFromNs;
    this.#level = usual.known ? usual.level(tail) : this.#level;
    tail.protect(openFrom);
  }
}
