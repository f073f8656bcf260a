/** The known word that was probably meant: a typo or two away, and no more than a third of its letters. */
export function closest(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, typos: typosBetween(typed, word) }))
    .filter(({ word, typos }) => typos <= Math.min(2, Math.max(1, Math.floor(word.length / 3))))
    .sort((one, other) => one.typos - other.typos);
  return ranked[0]?.word;
}

/** Letters added, left out, mistaken, or swapped with the next: the optimal string alignment distance. */
function typosBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const differs = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + differs);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
