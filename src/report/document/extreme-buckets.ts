import type { PointGatherer } from './sample-points.js';

const SLOTS = 4;
const [FIRST, LAST, LOWEST, HIGHEST] = [0, 1, 2, 3];

/**
 * The first, last, lowest and highest sample of each bucket of time, and its losses: drawn at the width of a bucket
 * or wider, they give the same picture as all samples (Jugel et al., "M4", VLDB 2014), and no spike is lost. Buckets
 * become twice as wide whenever the run outgrows them, so that memory is bounded.
 */
export class ExtremeBuckets {
  readonly #sentNs: Float64Array;
  readonly #rttNs: Float64Array;
  readonly #flow: Uint16Array;
  readonly #answered: Uint32Array;
  readonly #lost: Uint32Array;
  /** Send instant of a lost probe of the bucket; NaN without one. */
  readonly #lostNs: Float64Array;
  #widthNs: number;

  /**
   * @param capacity number of buckets, even
   * @param widthNs of a bucket at first
   * @param originNs where the first bucket begins; it takes what is earlier as well
   */
  constructor(
    private readonly capacity: number,
    widthNs: number,
    private readonly originNs: number,
  ) {
    this.#widthNs = widthNs;
    this.#sentNs = new Float64Array(capacity * SLOTS);
    this.#rttNs = new Float64Array(capacity * SLOTS);
    this.#flow = new Uint16Array(capacity * SLOTS);
    this.#answered = new Uint32Array(capacity);
    this.#lost = new Uint32Array(capacity);
    this.#lostNs = new Float64Array(capacity).fill(Number.NaN);
  }

  get widthNs(): number {
    return this.#widthNs;
  }

  /** A probe that was answered. */
  add(sentNs: number, rttNs: number, flow: number): void {
    this.#put(this.#bucket(sentNs), sentNs, rttNs, flow);
  }

  addLost(sentNs: number): void {
    const bucket = this.#bucket(sentNs);
    this.#lost[bucket] = (this.#lost[bucket] ?? 0) + 1;
    if (Number.isNaN(this.#lostNs[bucket])) this.#lostNs[bucket] = sentNs;
  }

  /** The answer to a probe that was taken for lost. */
  addLate(sentNs: number, rttNs: number, flow: number): void {
    const bucket = this.#bucket(sentNs);
    this.#lost[bucket] = Math.max(0, (this.#lost[bucket] ?? 0) - 1);
    if (this.#lostNs[bucket] === sentNs) this.#lostNs[bucket] = Number.NaN;
    this.#put(bucket, sentNs, rttNs, flow);
  }

  /** Hands over what is kept, a sample in two roles twice. */
  gather(into: PointGatherer): void {
    for (let bucket = 0; bucket < this.capacity; bucket += 1) {
      if ((this.#answered[bucket] ?? 0) > 0) {
        for (let slot = bucket * SLOTS; slot < (bucket + 1) * SLOTS; slot += 1) {
          into.add(this.#sentNs[slot] ?? 0, this.#rttNs[slot] ?? 0, this.#flow[slot] ?? 0);
        }
      }
      if ((this.#lost[bucket] ?? 0) > 0) {
        const known = this.#lostNs[bucket] ?? Number.NaN;
        into.add(Number.isNaN(known) ? this.originNs + (bucket + 0.5) * this.#widthNs : known, -1, 0);
      }
    }
  }

  #bucket(sentNs: number): number {
    const bucket = Math.max(0, Math.floor((sentNs - this.originNs) / this.#widthNs));
    if (bucket < this.capacity) return bucket;
    this.#widen();
    return this.#bucket(sentNs);
  }

  #put(bucket: number, sentNs: number, rttNs: number, flow: number): void {
    const at = bucket * SLOTS;
    const answered = this.#answered[bucket] ?? 0;
    if (answered === 0) {
      for (let slot = at; slot < at + SLOTS; slot += 1) this.#set(slot, sentNs, rttNs, flow);
    } else {
      if (sentNs < (this.#sentNs[at + FIRST] as number)) this.#set(at + FIRST, sentNs, rttNs, flow);
      if (sentNs > (this.#sentNs[at + LAST] as number)) this.#set(at + LAST, sentNs, rttNs, flow);
      if (rttNs < (this.#rttNs[at + LOWEST] as number)) this.#set(at + LOWEST, sentNs, rttNs, flow);
      if (rttNs > (this.#rttNs[at + HIGHEST] as number)) this.#set(at + HIGHEST, sentNs, rttNs, flow);
    }
    this.#answered[bucket] = answered + 1;
  }

  #set(slot: number, sentNs: number, rttNs: number, flow: number): void {
    this.#sentNs[slot] = sentNs;
    this.#rttNs[slot] = rttNs;
    this.#flow[slot] = flow;
  }

  /** Joins buckets two by two; the first one stays where it is. */
  #widen(): void {
    for (let bucket = 1; bucket < this.capacity; bucket += 1) {
      const into = bucket >> 1;
      const answered = this.#answered[bucket] ?? 0;
      const lost = this.#lost[bucket] ?? 0;
      const lostNs = this.#lostNs[bucket] ?? Number.NaN;
      this.#answered[bucket] = 0;
      this.#lost[bucket] = 0;
      this.#lostNs[bucket] = Number.NaN;
      if (answered > 0) {
        const before = this.#answered[into] ?? 0;
        for (let slot = bucket * SLOTS; slot < (bucket + 1) * SLOTS; slot += 1) {
          this.#put(into, this.#sentNs[slot] ?? 0, this.#rttNs[slot] ?? 0, this.#flow[slot] ?? 0);
        }
        this.#answered[into] = before + answered;
      }
      this.#lost[into] = (this.#lost[into] ?? 0) + lost;
      if (Number.isNaN(this.#lostNs[into])) this.#lostNs[into] = lostNs;
    }
    this.#widthNs *= 2;
  }
}
