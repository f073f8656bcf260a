import { ExtremeBuckets } from './extreme-buckets.js';
import type { PointGatherer } from './sample-points.js';

const POINTS_PER_BUCKET = 4;

/** The samples of one path for its plot: all of them while there is room, then the extremes of each bucket of time. */
export class PickedSamples {
  readonly #room: number;
  #sentNs: Float64Array;
  #rttNs: Float64Array;
  #flow: Uint16Array;
  #late: Uint8Array;
  #length = 0;
  #buckets: ExtremeBuckets | undefined;

  /** @param capacity buckets of time, even; four times as many samples are kept whole */
  constructor(private readonly capacity: number) {
    this.#room = capacity * POINTS_PER_BUCKET;
    this.#sentNs = new Float64Array(this.#room);
    this.#rttNs = new Float64Array(this.#room);
    this.#flow = new Uint16Array(this.#room);
    this.#late = new Uint8Array(this.#room);
  }

  /** Time of which only the extremes are kept; 0 while all is. */
  get bucketNs(): number {
    return this.#buckets?.widthNs ?? 0;
  }

  /**
   * @param rttNs -1 where the probe was lost
   * @param late the answer to a probe that was taken for lost before
   */
  add(sentNs: number, rttNs: number, flow: number, late: boolean): void {
    if (this.#buckets === undefined && this.#length === this.#room) this.#buckets = this.#bucketed();
    if (this.#buckets !== undefined) {
      into(this.#buckets, sentNs, rttNs, flow, late);
      return;
    }
    const at = this.#length;
    this.#sentNs[at] = sentNs;
    this.#rttNs[at] = rttNs;
    this.#flow[at] = flow;
    this.#late[at] = late ? 1 : 0;
    this.#length = at + 1;
  }

  gather(gatherer: PointGatherer): void {
    if (this.#buckets !== undefined) {
      this.#buckets.gather(gatherer);
      return;
    }
    for (let at = 0; at < this.#length; at += 1) {
      gatherer.add(this.#sentNs[at] ?? 0, this.#rttNs[at] ?? -1, this.#flow[at] ?? 0);
    }
  }

  /** Half of the buckets are used for what there is. */
  #bucketed(): ExtremeBuckets {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = 0; at < this.#length; at += 1) {
      least = Math.min(least, this.#sentNs[at] as number);
      most = Math.max(most, this.#sentNs[at] as number);
    }
    const buckets = new ExtremeBuckets(
      this.capacity,
      Math.max(1, Math.ceil((most - least) / (this.capacity / 2))),
      least,
    );
    for (let at = 0; at < this.#length; at += 1) {
      into(buckets, this.#sentNs[at] ?? 0, this.#rttNs[at] ?? -1, this.#flow[at] ?? 0, this.#late[at] === 1);
    }
    this.#sentNs = this.#rttNs = new Float64Array(0);
    this.#flow = new Uint16Array(0);
    this.#late = new Uint8Array(0);
    return buckets;
  }
}

function into(buckets: ExtremeBuckets, sentNs: number, rttNs: number, flow: number, late: boolean): void {
  if (rttNs < 0) buckets.addLost(sentNs);
  else if (late) buckets.addLate(sentNs, rttNs, flow);
  else buckets.add(sentNs, rttNs, flow);
}
