import { MS } from '../../../model/time.js';
import { hashWords, type LogNormal, LogNormalNoise } from './chance.js';

/** Packets that follow each other this closely wait alike. */
const SHORTEST_KNOT_NS = MS;

/**
 * Log-normal queueing noise of a pipe, as a function of time: drawn at knots and joined by straight lines
 * that never fall as fast as time passes. Packets therefore leave in the order in which they came, as from
 * any FIFO; noise drawn for each packet alone would shuffle what a stall releases within microseconds.
 */
export class SmoothNoise {
  private readonly noise: LogNormalNoise;
  private readonly knotNs: number;
  private readonly ceilingNs: number;
  private cachedKnot = -2;
  private left = 0;
  private right = 0;

  constructor(
    private readonly key: number,
    noise: LogNormal,
  ) {
    this.noise = new LogNormalNoise(noise);
    this.knotNs = Math.max(SHORTEST_KNOT_NS, 8 * noise.medianNs);
    this.ceilingNs = Math.floor(0.95 * this.knotNs);
  }

  /** How long a packet that arrives then waits, in whole nanoseconds. */
  at(timeNs: number): number {
    const knot = Math.floor(timeNs / this.knotNs);
    if (knot !== this.cachedKnot) {
      this.left = this.drawn(knot);
      this.right = this.drawn(knot + 1);
      this.cachedKnot = knot;
    }
    const share = timeNs / this.knotNs - knot;
    return Math.round(this.left + (this.right - this.left) * share);
  }

  private drawn(knot: number): number {
    // 32 bits of knots are 49 days; then the noise repeats.
    return Math.min(this.noise.pick(hashWords(this.key, knot >>> 0)), this.ceilingNs);
  }
}
