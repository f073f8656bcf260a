/**
 * How many groups of independent events that fall together by chance are to be expected, for each event looked at.
 *
 * Events arrive at random at a rate; one of the rarer kind, which a share of all trials is, leads each group. That at
 * least `events - 1` further ones arrive within the window around it has the upper tail of a Poisson distribution,
 * bounded here by its first term (an upper bound while the mean is small, and no more than 1 otherwise). Each event
 * of the group may lie anywhere in the window, hence the factor `events` (the bound of the scan statistic: Naus 1965).
 *
 * @param leading share of the trials that could lead a group, 0 to 1
 * @param mean events to be expected in one window
 * @param events in the group, the leading one included; at least 2
 * @returns expected number a trial, 0 to 1
 */
export function chanceOfCoincidence(leading: number, mean: number, events: number): number {
  let term = 1;
  for (let i = 1; i < events; i += 1) term *= mean / i;
  return Math.min(1, leading * events * Math.min(1, term));
}
