import type { Summary } from '../model/summary.js';
import type { Level, ProbeDelay } from './probe-delay.js';

/** After so many answers the past counts half. */
const HALF_LIFE = 1 << 17;

/** How often probes of a path are slow without a stall: what chance has to make a release from. */
export interface NoiseRates {
  /** Share of the answers with an excess of at least `holdNs`. */
  readonly held: number;
  /** Share with one of at least the level of a stall. */
  readonly high: number;
}

/**
 * Counts the slow probes of a path that no stall has taken, over the last some hundred thousand answers. None seen
 * reads as half of one: a short run cannot call a path quiet.
 */
export class PathNoise {
  #answers = 0;
  #held = 0;
  #high = 0;
  #standingOut = 0;

  /** @param due probes that this answer stands for: those of a censored series that were not printed, too */
  answer(due: number): void {
    this.#answers += due;
    if (this.#answers >= 2 * HALF_LIFE) {
      this.#answers /= 2;
      this.#held /= 2;
      this.#high /= 2;
    }
  }

  /** So many answers that stand for one probe each. */
  answersOfOne(count: number): void {
    // The past halves with the same one as if each came by itself.
    if (this.#answers + count < 2 * HALF_LIFE) this.#answers += count;
    else for (let i = 0; i < count; i += 1) this.answer(1);
  }

  /** That is known of, at least 1. */
  get answers(): number {
    return Math.max(1, this.#answers);
  }

  /** Probes of the whole run that stood out and were in no stall, but are not slow by the threshold; undefined: none. */
  slowBelowThreshold({ medianNs, stallNs, spikeNs }: Level): Summary['slowBelowThreshold'] {
    const aboveNs = medianNs + stallNs;
    if (aboveNs >= spikeNs || this.#standingOut === 0) return undefined;
    return { probes: this.#standingOut, aboveNs };
  }

  slow(high: boolean, belowThreshold: boolean): void {
    this.#held += 1;
    if (high) this.#high += 1;
    if (high && belowThreshold) this.#standingOut += 1;
  }

  /** A stall held these: they are no noise. */
  explained(delays: readonly ProbeDelay[], { holdNs, stallNs: highNs, spikeNs }: Level): void {
    for (const { excessNs, rttNs } of delays) {
      if (excessNs >= highNs && rttNs < spikeNs) this.#standingOut = Math.max(0, this.#standingOut - 1);
      if (excessNs >= holdNs) this.#held = Math.max(0, this.#held - 1);
      if (excessNs >= highNs) this.#high = Math.max(0, this.#high - 1);
    }
  }

  /** The same, without some probes that are being judged. */
  ratesWithout(held: number, high: number): NoiseRates {
    return {
      held: (Math.max(0, this.#held - held) + 0.5) / this.answers,
      high: (Math.max(0, this.#high - high) + 0.5) / this.answers,
    };
  }
}
