/**
 * Buckets that the tracer sorts lengths into: the first below 64 ns, then four to each power of two. A quantile
 * taken from them is off by at most an eighth.
 */
const FIRST_NS = 64;
const PER_OCTAVE = 4;

/** Where a bucket begins, in ns. */
export function bucketStart(index: number): number {
  if (index === 0) return 0;
  const octave = Math.floor((index - 1) / PER_OCTAVE);
  const part = (index - 1) % PER_OCTAVE;
  return FIRST_NS * 2 ** octave * (1 + part / PER_OCTAVE);
}

/** The length that a share of all calls did not exceed; 0 without calls. */
export function bucketQuantile(buckets: readonly number[], share: number, longestNs: number): number {
  const count = buckets.reduce((sum, calls) => sum + calls, 0);
  const wanted = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  for (const [index, calls] of buckets.entries()) {
    seen += calls;
    if (calls > 0 && seen >= wanted) {
      const middle = (bucketStart(index) + bucketStart(index + 1)) / 2;
      return Math.round(Math.min(middle, longestNs));
    }
  }
  return 0;
}
