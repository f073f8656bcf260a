import { MS } from '../model/time.js';
import { RunningMedian } from '../stats/running-median.js';
import { LEAST_HOLD_NS } from './detectable-stall.js';
import type { Level } from './probe-delay.js';
import { spikeLevelNs } from './rtt-spike.js';
import type { SampleTail } from './sample-tail.js';

/** Releases of one queue lie this close together on a quiet path: up to 0.8 ms in the runs of 2019. */
const LEAST_SPREAD_NS = 1 * MS;

/** What RTT a path usually has, and from there the levels at which its probes are judged. */
export class UsualRtt {
  readonly #thresholdNs: number;
  readonly #censored: boolean;
  readonly #median = new RunningMedian();
  #spikeNs: number;
  #lastSentNs = 0;
  #lastArrivalNs = Number.NaN;

  readonly #jitterNs: number;

  /**
   * @param censored only delayed probes are in the series: the usual RTT is taken for 0
   * @param jitterNs so far off may send instants be, and releases with them
   */
  constructor(thresholdNs: number, censored: boolean, jitterNs = 0) {
    this.#jitterNs = jitterNs;
    this.#thresholdNs = thresholdNs;
    this.#censored = censored;
    this.#spikeNs = thresholdNs;
  }

  /** Absolute RTT from which on a probe calls for judgement. */
  get spikeNs(): number {
    return this.#spikeNs;
  }

  /** Whether enough probes are known. */
  get known(): boolean {
    return this.#censored || this.#median.ready;
  }

  /**
   * Takes an answer in, unless it came closer to the one before than half of the distance in which they were sent:
   * such were held, and say nothing of the usual RTT. Of the first answer nothing is known either.
   */
  observe(sentNs: number, rttNs: number): void {
    const arrivalNs = sentNs + rttNs;
    const usual = (arrivalNs - this.#lastArrivalNs) * 2 >= Math.abs(sentNs - this.#lastSentNs);
    this.#lastArrivalNs = arrivalNs;
    this.#lastSentNs = sentNs;
    if (usual && !this.#censored && this.#median.push(rttNs)) {
      this.#spikeNs = spikeLevelNs(this.#thresholdNs, this.#median.median);
    }
  }

  /** The levels of this moment; until enough is known by the lower quartile of the tail. */
  level(tail: SampleTail): Level {
    const thresholdNs = this.#thresholdNs;
    const medianNs = Math.round(this.#censored ? 0 : this.#median.ready ? this.#median.median : tail.lowRttNs());
    const noiseNs = this.#median.ready ? this.#median.tail : 0;
    return {
      medianNs,
      thresholdNs,
      holdNs: Math.min(Math.max(LEAST_HOLD_NS, 2 * noiseNs), thresholdNs / 4),
      spreadNs: Math.max(Math.min(Math.max(LEAST_SPREAD_NS, 1.5 * noiseNs), thresholdNs / 5), this.#jitterNs),
      spikeNs: this.#censored ? thresholdNs : spikeLevelNs(thresholdNs, medianNs),
    };
  }

  /** The level has changed for good. */
  reset(): void {
    this.#median.reset();
  }
}
