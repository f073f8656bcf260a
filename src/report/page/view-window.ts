/** A stretch of time, in nanoseconds since the epoch of the run. */
export interface ViewWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Closer than this there is nothing to see. */
const LEAST_NS = 100_000;

/** Keeps a window within the run, its length if possible. */
export function within(window: ViewWindow, whole: ViewWindow): ViewWindow {
  const length = Math.min(Math.max(window.toNs - window.fromNs, LEAST_NS), whole.toNs - whole.fromNs);
  const middle = (window.fromNs + window.toNs) / 2;
  const fromNs = Math.min(Math.max(middle - length / 2, whole.fromNs), whole.toNs - length);
  return { fromNs, toNs: fromNs + length };
}

/** @param factor below 1 is closer; around the middle */
export function zoomed(window: ViewWindow, factor: number, whole: ViewWindow): ViewWindow {
  const middle = (window.fromNs + window.toNs) / 2;
  const half = ((window.toNs - window.fromNs) / 2) * factor;
  return within({ fromNs: middle - half, toNs: middle + half }, whole);
}

/** @param share of its length, to the right where positive */
export function moved(window: ViewWindow, share: number, whole: ViewWindow): ViewWindow {
  const by = (window.toNs - window.fromNs) * share;
  return within({ fromNs: window.fromNs + by, toNs: window.toNs + by }, whole);
}

/** A stall with what came before and after it. */
export function around(startNs: number, releaseNs: number, whole: ViewWindow): ViewWindow {
  const length = Math.max(releaseNs - startNs, 20_000_000);
  return within({ fromNs: startNs - 1.2 * length, toNs: releaseNs + 0.8 * length }, whole);
}
