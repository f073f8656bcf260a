import type { PointGatherer } from './sample-points.js';

/** Samples may come this much later than others that were sent with them: those that are lost, for one. */
const OUT_OF_ORDER_NS = 3e9;

/** The last samples of one path in the order in which they came, whole. */
export class RecentSamples {
  readonly #sentNs: Float64Array;
  readonly #rttNs: Float64Array;
  readonly #flow: Uint16Array;
  #end = 0;

  /** @param capacity a power of two */
  constructor(private readonly capacity: number) {
    this.#sentNs = new Float64Array(capacity);
    this.#rttNs = new Float64Array(capacity);
    this.#flow = new Uint16Array(capacity);
  }

  /** @param rttNs -1 where the probe was lost */
  push(sentNs: number, rttNs: number, flow: number): void {
    const at = this.#end & (this.capacity - 1);
    this.#sentNs[at] = sentNs;
    this.#rttNs[at] = rttNs;
    this.#flow[at] = flow;
    this.#end += 1;
  }

  /**
   * Hands over those sent in an interval.
   *
   * @returns how many
   */
  gather(fromNs: number, toNs: number, into: PointGatherer): number {
    let found = 0;
    const start = Math.max(0, this.#end - this.capacity);
    for (let place = this.#end - 1; place >= start; place -= 1) {
      const at = place & (this.capacity - 1);
      const sentNs = this.#sentNs[at] ?? 0;
      if (sentNs < fromNs - OUT_OF_ORDER_NS) break;
      if (sentNs < fromNs || sentNs > toNs) continue;
      into.add(sentNs, this.#rttNs[at] ?? -1, this.#flow[at] ?? 0);
      found += 1;
    }
    return found;
  }
}
