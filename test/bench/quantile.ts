/** p50, p90, p99 and the largest of some values; NaN of none. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Of the values' sizes, whatever their signs. */
export const spreadOfSizes = (values: readonly number[]): Spread => spread(values.map(Math.abs));

export function spread(values: readonly number[] | Float64Array): Spread {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** The smallest value that at least the share `p` of all do not exceed. */
export const quantile = (sorted: Float64Array, p: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? Number.NaN;

export const median = (values: readonly number[]): number => quantile(Float64Array.from(values).sort(), 0.5);
