import { MS, SECOND } from '../../model/time.js';
import { median } from '../../stats/median.js';

/** How far apart probes were sent, and how that is known. */
export interface Interval {
  readonly ns: number;
  readonly from: string;
}

/** Steps of RTT that agree make an interval. */
const LEAST_STEPS = 3;
const STEP_TOLERANCE = 0.05;
/** Probes slower than this may have been held by a stall, whose decay shows the interval. */
const SLOW_NS = 20 * MS;
/**
 * ping asks for its timer anew after each probe, and the timer of a kernel with 250 ticks a second is up to a tick
 * late: of 1 s become 1.000 to 1.030 s.
 */
const SLOWER_BY = 0.03;

/** A probe by its number. */
export interface Numbered {
  readonly seq: number;
  readonly rttNs: number;
}

/** Falls of RTT from one probe to the next where the first was slow. */
function stepsOf(probes: readonly Numbered[]): number[] {
  return probes.flatMap((probe, i) => {
    const previous = probes[i - 1];
    if (previous === undefined || probe.seq !== previous.seq + 1 || previous.rttNs < SLOW_NS) return [];
    const step = previous.rttNs - probe.rttNs;
    return step >= MS ? [step] : [];
  });
}

/**
 * Probes of a stall are answered together, so that the RTT falls by one interval from each to the next. Three steps
 * that agree show it; where an interval was to be expected, one that lies just above it does.
 */
export function intervalFromDecay(probes: readonly Numbered[], expectedNs?: number): number | null {
  const steps = stepsOf(probes);
  const middle = median(steps);
  const agreeing = steps.filter((step) => Math.abs(step - middle) <= Math.max(STEP_TOLERANCE * middle, MS));
  if (agreeing.length >= LEAST_STEPS && agreeing.length * 2 >= steps.length) return Math.round(meanOf(agreeing));
  if (expectedNs === undefined) return null;
  const near = steps.filter((step) => step >= expectedNs * (1 - 0.005) && step <= expectedNs * (1 + SLOWER_BY));
  return near.length === 0 ? null : Math.round(mostCoincident(near));
}

/** Of steps that lie near each other the one that most others share, within the width to which ping prints them. */
function mostCoincident(steps: readonly number[]): number {
  const within = (middle: number): number[] => steps.filter((step) => Math.abs(step - middle) <= 4 * MS);
  const best = steps.reduce((most, step) => (within(step).length > within(most).length ? step : most), steps[0] ?? 0);
  return meanOf(within(best));
}

/** Median distance of stamps, by number; null where they do not advance with it. */
export function intervalFromStamps(
  probes: readonly { readonly seq: number; readonly sentNs: number }[],
): number | null {
  const gaps: number[] = [];
  for (const [i, probe] of probes.entries()) {
    const previous = probes[i - 1];
    if (previous !== undefined && probe.seq === previous.seq + 1) gaps.push(probe.sentNs - previous.sentNs);
  }
  const middle = median(gaps);
  return middle > 0 ? Math.round(middle) : null;
}

/** What a command line asks for by `-i 0.2` and its like, in the unit of the tool. */
export function askedInterval(command: string | null, option: RegExp, unitNs: number): number | undefined {
  const asked = option.exec(command ?? '')?.[1];
  const number = Number(asked?.replace(',', '.'));
  return asked === undefined || !(number > 0) ? undefined : Math.round(number * unitNs);
}

export const PING_DEFAULT_NS = SECOND;

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
