/**
 * The value that would stand at place `k` were those from `low` to `high` sorted (Hoare's "Find", 1961). They are
 * reordered: none before `k` is greater than it afterwards, none behind it smaller.
 *
 * @param values none of them NaN
 */
export function select(values: Float64Array, k: number, low: number, high: number): number {
  let left = low;
  let right = high;
  while (left < right) {
    const pivot = values[k] as number;
    let i = left;
    let j = right;
    do {
      while ((values[i] as number) < pivot) i += 1;
      while (pivot < (values[j] as number)) j -= 1;
      if (i <= j) {
        const value = values[i] as number;
        values[i] = values[j] as number;
        values[j] = value;
        i += 1;
        j -= 1;
      }
    } while (i <= j);
    if (j < k) left = i;
    if (k < i) right = j;
  }
  return values[k] as number;
}
