/**
 * For the question whether to go on a weighing will do that is older by this share of the time measured, or of the
 * incidents; of a larger one where there are so many incidents that a few more hardly tell anything new.
 */
const STALE: readonly (readonly [incidents: number, share: number])[] = [
  [30, 0.1],
  [100, 0.3],
  [Number.POSITIVE_INFINITY, 0.6],
];
/** Where a cause is named for good already: it is weighed again when there is twice as much. */
const STALE_ONCE_SETTLED = 1;
/** A weighing that is younger will do, unless there is twice as much to weigh: a burst of incidents ends no sooner by it. */
const YOUNG_S = 1;

/** What there was to weigh when it was. */
export interface Weighed {
  /** Changes with whatever may change a verdict: by one with each incident. */
  readonly revision: number;
  readonly seconds: number;
  /** Incidents so far. */
  readonly count: number;
}

/**
 * By which share of it the question whether to go on may be older, {@link isStale}.
 *
 * @param then what was weighed last, null before; where something else than incidents came since, it may turn any verdict
 * @param settled whether that named a cause for good
 */
export function mayBeOld(then: Weighed | null, now: Pick<Weighed, 'revision' | 'count'>, settled: boolean): number {
  const moreIncidentsAlone = then !== null && now.revision - then.revision === now.count - then.count;
  if (settled && moreIncidentsAlone) return STALE_ONCE_SETTLED;
  return STALE.find(([incidents]) => now.count <= incidents)?.[1] ?? 0;
}

/**
 * A run of thousands of incidents is weighed as often as one of hundreds is: when there is so much more to weigh.
 *
 * @param slack share by which incidents and time may have grown since then; 0: none
 */
export function isStale(then: Weighed, now: Weighed, slack: number): boolean {
  const longer = now.seconds - then.seconds;
  if (then.revision === now.revision) return Math.abs(longer) > slack * now.seconds;
  if (slack > 0 && Math.abs(longer) < YOUNG_S && now.count < 2 * then.count) return false;
  const share = now.count === then.count ? slack / 2 : slack;
  return now.count - then.count > slack * then.count || longer > share * now.seconds || slack === 0;
}
