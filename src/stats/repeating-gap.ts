import { linearRegression, median } from 'simple-statistics';

/** A gap is taken for a multiple of the period when it misses it by no more than this share of the period. */
const TOLERANCE = 0.08;
/** Events that may be missing in a row. */
const MOST_MULTIPLES = 6;
/** Share of the gaps that must be multiples. */
const CONSISTENT = 0.8;
/** Share of the gaps that must be the period itself: any set of gaps has some tiny common divisor. */
const SINGLE = 0.5;

/**
 * The distance that events keep, where they keep one: at least 80 % of the gaps lie within 8 % of a multiple of it
 * (1 to 6: some events are missed), at least half of them within 8 % of it itself.
 *
 * @param times instants in ascending order; at least 4, or the answer is null
 * @returns in the unit of `times`, refined over all events, or null
 */
export function repeatingGap(times: readonly number[]): number | null {
  if (times.length < 4) {
    return null;
  }
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
  const typical = median(gaps);
  // The period is one of the gaps near the typical one, or a part of it where more than half were doubled.
  for (const candidate of [typical, ...gaps.filter((gap) => gap > 0 && gap < typical).sort((a, b) => b - a)]) {
    const period = settle(candidate, gaps);
    if (period !== null) {
      return refine(period, times);
    }
  }
  return null;
}

/** Moves a candidate to the middle of the gaps that support it; null when too few do. */
function settle(candidate: number, gaps: readonly number[]): number | null {
  if (candidate <= 0) {
    return null;
  }
  const single = gaps.filter((gap) => Math.abs(gap - candidate) <= 2 * TOLERANCE * candidate);
  if (single.length < gaps.length * SINGLE) {
    return null;
  }
  const period = median(single);
  const onGrid = gaps.filter((gap) => isMultiple(gap, period)).length;
  const alone = gaps.filter((gap) => Math.abs(gap - period) <= TOLERANCE * period).length;
  return onGrid >= gaps.length * CONSISTENT && alone >= gaps.length * SINGLE ? period : null;
}

function isMultiple(gap: number, period: number): boolean {
  const multiple = Math.round(gap / period);
  return multiple >= 1 && multiple <= MOST_MULTIPLES && Math.abs(gap - multiple * period) <= TOLERANCE * period;
}

/** Regression of the instants on their place in the grid: the error of single gaps averages out. */
function refine(period: number, times: readonly number[]): number {
  let place = 0;
  const origin = times[0] as number;
  const points = times.map((time, i) => {
    if (i > 0) {
      place += Math.max(1, Math.round((time - (times[i - 1] as number)) / period));
    }
    return [place, time - origin];
  });
  return linearRegression(points).m;
}
