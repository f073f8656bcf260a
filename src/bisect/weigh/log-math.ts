/** log(exp(a) + exp(b) + …), without overflow. -Infinity for none. */
export function logSum(values: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

/** The same of two. */
function logSumOfTwo(a: number, b: number): number {
  const [most, least] = a > b ? [a, b] : [b, a];
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log(1 + Math.exp(least - most));
}

/** log((1 - share)·exp(usual) + share·exp(otherwise)). */
export function logMix(usual: number, share: number, otherwise: number): number {
  return logSumOfTwo(Math.log1p(-share) + usual, Math.log(share) + otherwise);
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
