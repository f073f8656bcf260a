import type { NextProbeRelease } from '../model/finding.js';
import { FRESH_FLOW } from '../model/sample.js';
import { MS } from '../model/time.js';

/** Probes on end that make it more than chance. */
const LEAST_PROBES = 6;
/** So many that do not fit end it. */
const MOST_MISSES = 2;
/** How near to the sending of the next probe an answer must come, as a share of the time between the two. */
export const EARLY = 0.01;
const LATE = 0.05;
/** Send gaps that differ by so much tell a release by the next probe from a path that is as long as the interval. */
const VARIED = 1.1;
/** Above this a path whose RTT equals the interval of a rigid grid is not believed to be that long. */
const COARSE_NS = 100 * MS;

/**
 * Whether the sending of a probe let go the answer before it.
 *
 * @param gapNs from the probe before, @param lagNs from the sending of this one to the answer before
 */
export function isReleasedByNext(gapNs: number, lagNs: number): boolean {
  return gapNs > 0 && lagNs >= -EARLY * gapNs && lagNs <= LATE * gapNs;
}

/**
 * Whether the answer before was the quick half of a pair, which came with the one before it: what follows neither goes on
 * with such answers nor ends them.
 *
 * @param gapNs from the probe before, @param rttNs of the answer before
 */
export function followsQuickHalf(gapNs: number, rttNs: number): boolean {
  return gapNs > 0 && rttNs <= LATE * gapNs;
}

/**
 * Watches for answers that come only when the next probe is sent: RTT equals the send interval, or every second probe
 * waits for the one behind it and is answered together with it. Something was not told that a packet is there (a
 * missed interrupt, a doorbell that was not rung, a deep idle state, a radio that sleeps), and the next one wakes it.
 *
 * On a rigid grid the same is seen of a path that just is that long. So either the gaps between the sends must vary and
 * the answers follow them, or pairs must come together, or the interval must be coarse.
 */
export class NextProbeWatch {
  #sentNs = Number.NaN;
  #arrivalNs = Number.NaN;
  #flow = 0;
  #streak = 0;
  #pairs = 0;
  #misses = 0;
  #fromNs = 0;
  #untilNs = 0;
  #longestNs = 0;
  #lagNs = 0;
  #widestNs = 0;
  #narrowestNs = Number.POSITIVE_INFINITY;
  #flows = new Set<number>();

  constructor(private readonly path: string) {}

  /** Whether such answers have come on end: what follows may end them. */
  get isUnderWay(): boolean {
    return this.#streak > 0;
  }

  /** Of the last answer; NaN before. */
  get sentNs(): number {
    return this.#sentNs;
  }

  get arrivalNs(): number {
    return this.#arrivalNs;
  }

  /** The last of some answers none of which was let go by a probe, nor ends what is under way. */
  passed(sentNs: number, arrivalNs: number, flow: number): void {
    this.#sentNs = sentNs;
    this.#arrivalNs = arrivalNs;
    this.#flow = flow;
  }

  /** @returns the finding that this answer ends, or null */
  take(sentNs: number, arrivalNs: number, flow: number): NextProbeRelease | null {
    const gapNs = sentNs - this.#sentNs;
    const [beforeSentNs, beforeArrivalNs, beforeFlow] = [this.#sentNs, this.#arrivalNs, this.#flow];
    this.passed(sentNs, arrivalNs, flow);
    // Answers that overtake each other come as their own way lets them.
    if (!(gapNs > 0)) return this.#streak > 0 ? this.end() : null;
    const lagNs = beforeArrivalNs - sentNs;
    if (isReleasedByNext(gapNs, lagNs)) {
      const together = Math.abs(arrivalNs - beforeArrivalNs) <= LATE * gapNs;
      const held = { sentNs: beforeSentNs, arrivalNs: beforeArrivalNs, flow: beforeFlow };
      this.#add(held, gapNs, lagNs, together);
      return null;
    }
    if (followsQuickHalf(gapNs, beforeArrivalNs - beforeSentNs)) return null;
    if (this.#streak === 0) return null;
    this.#misses += 1;
    if (this.#misses <= Math.max(MOST_MISSES, this.#streak / 10)) return null;
    return this.end();
  }

  /** The run has ended, or the pattern has. */
  end(): NextProbeRelease | null {
    const finding = this.#streak >= LEAST_PROBES && this.#isConvincing() ? this.#finding() : null;
    this.#streak = 0;
    this.#pairs = 0;
    this.#misses = 0;
    this.#longestNs = 0;
    this.#widestNs = 0;
    this.#narrowestNs = Number.POSITIVE_INFINITY;
    this.#flows = new Set();
    return finding;
  }

  #add(held: { sentNs: number; arrivalNs: number; flow: number }, gapNs: number, lagNs: number, pair: boolean): void {
    if (this.#streak === 0) this.#fromNs = held.sentNs;
    this.#streak += 1;
    if (pair) this.#pairs += 1;
    this.#untilNs = held.arrivalNs;
    if (held.arrivalNs - held.sentNs > this.#longestNs) {
      this.#longestNs = held.arrivalNs - held.sentNs;
      this.#lagNs = Math.max(0, lagNs);
    }
    this.#widestNs = Math.max(this.#widestNs, gapNs);
    this.#narrowestNs = Math.min(this.#narrowestNs, gapNs);
    if (held.flow !== FRESH_FLOW) this.#flows.add(held.flow);
  }

  get #varied(): boolean {
    return this.#widestNs > VARIED * this.#narrowestNs;
  }

  #isConvincing(): boolean {
    return this.#varied || this.#pairs > this.#streak / 2 || this.#narrowestNs >= COARSE_NS;
  }

  #finding(): NextProbeRelease {
    return {
      type: 'finding',
      kind: 'next-probe-release',
      path: this.path,
      startMin: this.#fromNs,
      startMax: this.#fromNs,
      release: this.#untilNs,
      durationNs: Math.round(this.#untilNs - this.#fromNs),
      probes: this.#streak,
      probesAboveThreshold: 0,
      peakRttNs: this.#longestNs,
      excessNs: Math.max(0, this.#longestNs - this.#lagNs),
      flowsHit: [...this.#flows].sort((a, b) => a - b),
      flowsExposed: [],
      selfInflicted: false,
      certain: this.#varied || this.#pairs > this.#streak / 2,
    };
  }
}
