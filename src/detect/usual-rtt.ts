import { MS } from '../model/time.js';
import { RunningMedian } from '../stats/running-median.js';
import { StampScale } from '../stats/stamp-scale.js';
import { LEAST_HOLD_NS } from './detectable-stall.js';
import type { DetectedPath, DetectOptions } from './detected-path.js';
import type { Level } from './probe-delay.js';
import { spikeLevelNs } from './rtt-spike.js';
import type { SampleTail } from './sample-tail.js';

/** Releases of one queue lie this close together on a quiet path: up to 0.8 ms in the runs of 2019. */
const LEAST_SPREAD_NS = 1 * MS;
/** Further apart than this nothing was released together, however noisy the path is. */
const MOST_SPREAD_NS = 20 * MS;
/** In place of the RTT of an answer that does not count. */
const HELD = -1;
/** Answers without which the usual RTT is not even guessed: a single slow one would be its own yardstick. */
const LEAST_ANSWERS = 4;

/**
 * Excess that the slowest probe of a stall must have where the user does not say: two intervals, as three probes held
 * at an interval cannot show less, and twice what tells a held probe from the noise of the path.
 */
export function stallLevelNs(intervalNs: number, holdNs: number): number {
  return Math.max(2 * intervalNs, 2 * holdNs);
}

/** What RTT a path usually has, and from there the levels at which its probes are judged. */
export class UsualRtt {
  readonly #options: DetectOptions;
  readonly #intervalNs: number;
  readonly #jitterNs: number;
  readonly #censored: boolean;
  readonly #median = new RunningMedian();
  readonly #scale = new StampScale(this.#median);
  #caseNs: number;
  #heldNs: number;
  #highNs: number;
  #spikeNs: number;
  #lastSentNs = 0;
  #lastArrivalNs = Number.NaN;
  #lastRttNs = HELD;

  /** @param path censored: only delayed probes are in the series, and the usual RTT is taken for 0 */
  constructor(options: DetectOptions, path: DetectedPath) {
    this.#options = options;
    this.#intervalNs = path.intervalNs;
    this.#jitterNs = path.sendJitterNs ?? 0;
    this.#censored = path.censored ?? false;
    // Of a censored series the usual RTT is 0 from the start.
    this.#caseNs = this.#censored
      ? Math.min(options.thresholdNs, options.stallThresholdNs ?? options.thresholdNs)
      : options.thresholdNs;
    this.#heldNs = this.#censored ? LEAST_HOLD_NS : Number.POSITIVE_INFINITY;
    this.#highNs = this.#caseNs;
    this.#spikeNs = options.thresholdNs;
  }

  /** Absolute RTT from which on a probe calls for judgement: a spike, or the slowest of a stall. */
  get caseNs(): number {
    return this.#caseNs;
  }

  /** Absolute RTT from which on a probe was held, by a stall or by chance. */
  get heldNs(): number {
    return this.#heldNs;
  }

  /** Absolute RTT of the slowest probe of a stall. */
  get highNs(): number {
    return this.#highNs;
  }

  /** Absolute RTT from which on a probe is slow by the threshold. */
  get spikeNs(): number {
    return this.#spikeNs;
  }

  /** Whether enough probes are known. */
  get known(): boolean {
    return this.#censored || this.#median.ready;
  }

  /** The usual RTT; 0 until it is known. It is asked for with each answer. */
  get medianNs(): number {
    return this.#median.ready ? Math.round(this.#median.median) : 0;
  }

  /** Flags of the answers that count as they are; -1 while none do. */
  get stamps(): number {
    return this.#scale.main;
  }

  /** Answers after which the levels may be others, at least 1. */
  get untilChange(): number {
    return this.#median.untilChange;
  }

  /** RTT of an answer with these flags on the scale of the path; NaN where it is not known how its stamps compare. */
  scaled(rttNs: number, flags: number): number {
    return this.#scale.scaled(rttNs, flags);
  }

  /**
   * Takes an answer in, unless its stamps are not those of the scale, or it came closer to the one before it or after it than half of the distance in which they
   * were sent: such were held, and say nothing of the usual RTT. Of the first answer nothing is known either.
   */
  observe(sentNs: number, rttNs: number, flags: number): void {
    if (!this.#scale.isMain(flags)) return;
    const arrivalNs = sentNs + rttNs;
    const apart = (arrivalNs - this.#lastArrivalNs) * 2 >= Math.abs(sentNs - this.#lastSentNs);
    const last = this.#lastRttNs;
    this.#lastArrivalNs = arrivalNs;
    this.#lastSentNs = sentNs;
    this.#lastRttNs = apart ? rttNs : HELD;
    if (apart && last !== HELD && !this.#censored && this.#median.push(last)) {
      const level = this.#levelAt(this.#median.median, this.#median.tail);
      this.#heldNs = level.medianNs + level.holdNs;
      this.#highNs = level.medianNs + level.stallNs;
      this.#spikeNs = level.spikeNs;
      this.#caseNs = Math.min(level.spikeNs, this.#highNs);
    }
  }

  /** The levels of this moment; until enough is known by the lower quartile of the tail. */
  level(tail: SampleTail): Level {
    return this.#median.ready ? this.#levelAt(this.#median.median, this.#median.tail) : this.guess(tail);
  }

  /** By the lower quartile of the tail: where the first probes already were slow, the median knows them alone. */
  guess(tail: SampleTail): Level {
    const guessed = this.#censored || tail.end - tail.start < LEAST_ANSWERS ? 0 : tail.lowRttNs();
    return this.#levelAt(guessed, 0);
  }

  /** The level has changed for good. */
  reset(): void {
    this.#median.reset();
    this.#scale.reset();
  }

  #levelAt(median: number, ownNoiseNs: number): Level {
    const noiseNs = Math.max(ownNoiseNs, this.#scale.noiseNs);
    const { thresholdNs, stallThresholdNs } = this.#options;
    const medianNs = Math.round(median);
    const holdNs = Math.max(LEAST_HOLD_NS, 2 * noiseNs);
    return {
      medianNs,
      thresholdNs,
      holdNs,
      stallNs: stallThresholdNs ?? (this.#censored ? thresholdNs : stallLevelNs(this.#intervalNs, holdNs)),
      spreadNs: Math.max(Math.min(Math.max(LEAST_SPREAD_NS, 1.5 * noiseNs), MOST_SPREAD_NS), this.#jitterNs),
      spikeNs: this.#censored ? thresholdNs : spikeLevelNs(thresholdNs, medianNs),
    };
  }
}
