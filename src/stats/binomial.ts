/**
 * The chance that of independent trials so many succeed, or more.
 *
 * @param chance of each, 0 to 1
 */
export function atLeast(successes: number, trials: number, chance: number): number {
  if (successes <= 0) return 1;
  if (successes > trials || chance <= 0) return 0;
  if (chance >= 1) return 1;
  let [term, below] = [(1 - chance) ** trials, 0];
  for (let k = 0; k < successes; k += 1) {
    below += term;
    term *= ((trials - k) / (k + 1)) * (chance / (1 - chance));
  }
  return Math.max(0, 1 - below);
}
