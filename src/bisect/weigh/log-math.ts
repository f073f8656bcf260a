/** log(exp(a) + exp(b) + …), without overflow. -Infinity for none. */
export function logSum(values: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

/** Beside 1 so small a part of it is lost in rounding: 2^-54 and less. */
const NOTHING_BESIDE = -37.5;

/** The same of two. */
function logSumOfTwo(a: number, b: number): number {
  const most = a > b ? a : b;
  const apart = a > b ? b - a : a - b;
  // Two of -Infinity are NaN apart.
  return apart >= NOTHING_BESIDE ? most + Math.log(1 + Math.exp(apart)) : most;
}

/** log((1 - share)·exp(usual) + share·exp(otherwise)). */
export function logMix(usual: number, share: number, otherwise: number): number {
  return logSumOfTwo(Math.log1p(-share) + usual, Math.log(share) + otherwise);
}

/** {@link logMix} for one share, for what asks often: the logs of the share are taken once. */
export function mixerOf(share: number): (usual: number, otherwise: number) => number {
  const [rest, part] = [Math.log1p(-share), Math.log(share)];
  return (usual, otherwise) => logSumOfTwo(rest + usual, part + otherwise);
}

const factorials = [0, 0];

/** log(n!) of a whole number from 0. */
export function logFactorial(n: number): number {
  for (let i = factorials.length; i <= n; i += 1) {
    factorials.push((factorials[i - 1] as number) + Math.log(i));
  }
  return factorials[n] as number;
}

/** log of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/**
 * log of the chance of one sequence of `seen` and `unseen` where what is seen is rare, and how rare is not known: once in
 * `oneIn` on the average (beta prior, integrated). The more is seen, the less surprising the next.
 */
export function logOfRare(seen: number, unseen: number, oneIn: number): number {
  const ways = logFactorial(seen) + logFactorial(oneIn - 2 + unseen) - logFactorial(oneIn - 1 + seen + unseen);
  return ways + Math.log(oneIn - 1);
}

/**
 * log of the chance of one sequence with these counts, where nothing is known of the shares of the outcomes
 * (Dirichlet prior of ones, integrated).
 */
export function logOfCounts(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ways = counts.reduce((sum, count) => sum + logFactorial(count), 0);
  return logFactorial(counts.length - 1) + ways - logFactorial(total + counts.length - 1);
}
