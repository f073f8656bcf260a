import type { Doubted } from '../model/verdict.js';

/** The heading over causes that fit less well and are not ruled out. */
export const LESS_LIKELY = 'less likely, but not ruled out';

/** By how much less well a cause fits than the one that is named; empty where nobody said. */
export function doubtWords({ factor }: Pick<Doubted, 'factor'>): string {
  if (factor === undefined) return '';
  return factor < 1 ? 'fits as well' : `by a factor of ${factor.toPrecision(2)}`;
}
