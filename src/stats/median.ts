import { medianSorted } from 'simple-statistics';

/** Of values in any order; 0 of none. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? 0 : medianSorted([...values].sort((a, b) => a - b));
}
