/** Values from 2^32 up are found by division; below, by integer arithmetic. */
const TWO_32 = 0x1_0000_0000;

/**
 * A histogram of non-negative integers (nanoseconds, say) with buckets of constant relative width, as in
 * HdrHistogram. It answers any quantile, in memory that depends on the range of the values but not on their
 * number: 4 bytes a bucket, from the lowest octave seen to the highest, so a path between 0.1 ms and 150 ms takes
 * some 22 KB.
 *
 * Node's own histogram of `perf_hooks` crosses into C++ for each value, which takes longer than all the rest of
 * a detector's work on a sample (see test/bench).
 *
 * Minimum, maximum, mean and standard deviation are exact, not taken from the buckets.
 */
export class LogHistogram {
  readonly #bits: number;
  #buckets = new Uint32Array(0);
  /** First octave that has buckets. Octave 0 holds the values below 2^bits one by one. */
  #lowest = 0;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #shift = 0;
  #sum = 0;
  #sumOfSquares = 0;

  /**
   * @param bits binary digits kept of a value, 4 to 16. A quantile is off by at most 2^-(bits + 1) of itself:
   *   9 gives 0.1 %, three decimal digits; 7 gives 0.4 %.
   */
  constructor(bits = 9) {
    this.#bits = bits;
  }

  /** Takes one value in; fractions are cut off, negative values count as 0. */
  record(value: number): void {
    const at = this.#placeOf(value);
    this.#buckets[at] = (this.#buckets[at] as number) + 1;
    if (this.#count === 0) {
      this.#shift = value;
    }
    this.#count += 1;
    if (value < this.#min) {
      this.#min = value;
    }
    if (value > this.#max) {
      this.#max = value;
    }
    // Sums of differences from the first value keep their digits where the values are large and close together.
    const difference = value - this.#shift;
    this.#sum += difference;
    this.#sumOfSquares += difference * difference;
  }

  /** Takes in the first `length` values. */
  recordAll(values: Float64Array, length: number): void {
    if (length === 0) return;
    if (this.#count === 0) this.#shift = values[0] as number;
    this.#count += length;
    const shift = this.#shift;
    let [min, max, sum, sumOfSquares] = [this.#min, this.#max, this.#sum, this.#sumOfSquares];
    for (let i = 0; i < length; i += 1) {
      const value = values[i] as number;
      const at = this.#placeOf(value);
      this.#buckets[at] = (this.#buckets[at] as number) + 1;
      if (value < min) min = value;
      if (value > max) max = value;
      const difference = value - shift;
      sum += difference;
      sumOfSquares += difference * difference;
    }
    this.#min = min;
    this.#max = max;
    this.#sum = sum;
    this.#sumOfSquares = sumOfSquares;
  }

  /** The bucket of a value, which there is from then on. */
  #placeOf(value: number): number {
    const bits = this.#bits;
    let octave: number;
    let offset: number;
    if (value < TWO_32) {
      const whole = value > 0 ? value >>> 0 : 0;
      const exponent = 31 - Math.clz32(whole);
      octave = exponent < bits ? 0 : exponent - bits + 1;
      offset = octave === 0 ? whole : (whole >>> (octave - 1)) - (1 << bits);
    } else {
      const high = Math.min(Math.floor(value / TWO_32), TWO_32 - 1);
      const shift = 32 - Math.clz32(high);
      const whole = Math.floor(value / 2 ** shift) >>> 0;
      octave = 31 + shift - bits + 1;
      offset = (whole >>> (31 - bits)) - (1 << bits);
    }
    if (octave < this.#lowest || octave >= this.#lowest + (this.#buckets.length >> bits)) {
      this.#cover(octave);
    }
    return ((octave - this.#lowest) << bits) + offset;
  }

  /** Another with the same values so far. */
  copy(): LogHistogram {
    const other = new LogHistogram(this.#bits);
    other.#buckets = this.#buckets.slice();
    other.#lowest = this.#lowest;
    other.#count = this.#count;
    other.#min = this.#min;
    other.#max = this.#max;
    other.#shift = this.#shift;
    other.#sum = this.#sum;
    other.#sumOfSquares = this.#sumOfSquares;
    return other;
  }

  get count(): number {
    return this.#count;
  }

  /** 0 while empty. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  /** 0 while empty. */
  get max(): number {
    return this.#max;
  }

  /** 0 while empty. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#shift + this.#sum / this.#count;
  }

  /** Of the population; 0 while empty. */
  get stddev(): number {
    if (this.#count === 0) {
      return 0;
    }
    const mean = this.#sum / this.#count;
    return Math.sqrt(Math.max(0, this.#sumOfSquares / this.#count - mean * mean));
  }

  /**
   * The smallest recorded value that at least the share `p` of all values do not exceed, to the width of a bucket.
   * @param p 0 to 1
   * @returns within min and max; 0 while empty
   */
  quantile(p: number): number {
    if (this.#count === 0) {
      return 0;
    }
    const rank = Math.max(1, Math.ceil(p * this.#count));
    if (rank >= this.#count) {
      return this.#max;
    }
    let seen = 0;
    for (let at = 0; at < this.#buckets.length; at += 1) {
      seen += this.#buckets[at] as number;
      if (seen >= rank) {
        return Math.min(this.#max, Math.max(this.#min, this.#middleOf(at)));
      }
    }
    return this.#max;
  }

  #middleOf(at: number): number {
    const size = 1 << this.#bits;
    const octave = this.#lowest + (at >> this.#bits);
    const offset = at & (size - 1);
    const width = octave === 0 ? 1 : 2 ** (octave - 1);
    const low = octave === 0 ? offset : (size + offset) * width;
    return low + Math.floor((width - 1) / 2);
  }

  /** Extends the buckets, which lie in one piece, to an octave. */
  #cover(octave: number): void {
    const octaves = this.#buckets.length >> this.#bits;
    const lowest = octaves === 0 ? octave : Math.min(this.#lowest, octave);
    const highest = octaves === 0 ? octave : Math.max(this.#lowest + octaves - 1, octave);
    const buckets = new Uint32Array((highest - lowest + 1) << this.#bits);
    buckets.set(this.#buckets, octaves === 0 ? 0 : (this.#lowest - lowest) << this.#bits);
    this.#buckets = buckets;
    this.#lowest = lowest;
  }
}
