/** Finalizer in the manner of MurmurHash3: every input bit reaches every output bit. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of `key` and up to three words; the same words give the same hash in every run. */
export function hashWords(key: number, a: number, b = 0, c = 0): number {
  let h = scramble(key ^ 0x9e3779b9);
  h = scramble(h ^ a);
  h = scramble(Math.imul(h, 5) ^ b);
  return scramble(Math.imul(h, 5) ^ c);
}

/** A 32-bit hash of a text (FNV-1a, then scrambled). */
export function hashText(key: number, text: string): number {
  let h = 0x811c9dc5 ^ key;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return scramble(h);
}

/** From a 32-bit hash to [0, 1). */
export function unit(hash: number): number {
  return hash / 0x1_0000_0000;
}

const NORMALS = 2048;

/**
 * Standard normal values to be picked by hash; a table because one is needed for every probe and leg.
 * Every value has its mirror image, so the mean is exactly 0 and the median of a log-normal exactly its scale.
 */
const normals = ((): Float64Array => {
  const table = new Float64Array(NORMALS);
  for (let i = 0; i < NORMALS; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((i + 1) / NORMALS));
    const value = radius * Math.cos(2 * Math.PI * unit(hashWords(1, i)));
    table[i] = value;
    table[i + 1] = -value;
  }
  return table;
})();

/** Scale and spread of a log-normal noise; 0 scale means none. */
export interface LogNormal {
  readonly medianNs: number;
  readonly sigma: number;
}

/** Log-normal lengths, picked by hash from a table that is filled at the first use. */
export class LogNormalNoise {
  private lengths: Float64Array | undefined;

  constructor(private readonly noise: LogNormal) {}

  /** A length in whole nanoseconds; `hash` has 32 bits. */
  pick(hash: number): number {
    this.lengths ??= normals.map((value) => Math.round(this.noise.medianNs * Math.exp(this.noise.sigma * value)));
    return this.lengths[hash & (NORMALS - 1)] ?? 0;
  }
}

/** Draws one after the other, where the order of drawing is fixed anyway. */
export class ChanceSequence {
  private drawn = 0;

  constructor(private readonly key: number) {}

  /** A 32-bit word. */
  word(): number {
    return hashWords(this.key, this.drawn++);
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    // Two words, because a range of nanoseconds is wider than 32 bits after 4.3 s.
    const share = (this.word() + unit(this.word())) / 0x1_0000_0000;
    return min + Math.floor(share * (max - min + 1));
  }

  /** Exponentially distributed around `mean`, in whole nanoseconds, at least 1. */
  exponential(mean: number): number {
    return Math.max(1, Math.round(-mean * Math.log(1 - unit(this.word()))));
  }
}
