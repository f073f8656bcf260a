import { linearRegression, linearRegressionLine, mean, rSquared, variance } from 'simple-statistics';

/** A straight line through points, and how well it explains them. */
export interface LineFit {
  /** Change of y per unit of x; 0 for fewer than two distinct x. */
  readonly slope: number;
  /** Share of the variance of y that the line explains, 0 to 1 (coefficient of determination). */
  readonly fit: number;
}

/** Least squares. `x` and `y` are of equal length; their means are taken off first, as instants are large numbers. */
export function fitLine(x: readonly number[], y: readonly number[]): LineFit {
  if (x.length < 2) {
    return { slope: 0, fit: 0 };
  }
  const meanX = mean(x as number[]);
  const meanY = mean(y as number[]);
  const points = x.map((value, i) => [value - meanX, (y[i] as number) - meanY]);
  if (points.every(([px]) => px === points[0]?.[0])) {
    return { slope: 0, fit: 0 };
  }
  const line = linearRegression(points);
  const fit = rSquared(points, linearRegressionLine(line));
  return { slope: line.m, fit: Number.isFinite(fit) ? Math.min(1, Math.max(0, fit)) : 0 };
}

/**
 * Share of the variance of y that the line of slope -1 explains: how well x + y is one constant.
 * @returns 0 to 1; 1 where neither varies
 */
export function fitOfConstantSum(x: readonly number[], y: readonly number[]): number {
  if (x.length < 2) {
    return 0;
  }
  const ofSums = variance(x.map((value, i) => value + (y[i] as number)));
  const ofY = variance(y as number[]);
  if (ofY === 0) {
    return ofSums === 0 ? 1 : 0;
  }
  return Math.min(1, Math.max(0, 1 - ofSums / ofY));
}
