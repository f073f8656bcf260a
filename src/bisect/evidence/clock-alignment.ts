import { median } from '../../stats/median.js';

/** Minimum delays are taken over so long, by the prober's clock. */
const WINDOW_NS = 2_000_000_000;
/** Windows remembered: some eight minutes, over which a drift can be taken for steady. */
const WINDOWS = 256;
/** Fewer tell nothing about the drift. */
const LEAST_FOR_DRIFT = 4;
/** A window whose delays both have a minimum of at most so much more than the best one's is quiet enough to count. */
const QUIET_FACTOR = 1.5;
const QUIET_SLACK_NS = 50_000;

/** The four instants of one probe: those of sending and receiving by the prober's clock, the others by the watcher's. */
export interface LegInstants {
  readonly sentNs: number;
  readonly arrivedNs: number;
  readonly leftNs: number;
  readonly receivedNs: number;
}

/** How to turn the watcher's clock into the prober's. */
export interface ClockAlignment {
  /** Prober's clock less watcher's clock when the watcher's shows `atNs`. */
  readonly offsetNs: number;
  readonly atNs: number;
  /** Growth of the offset, in billionths. 0 until it can be told. */
  readonly driftPpb: number;
  /**
   * The true offset lies at most so far away: half of the shortest way there and back, all of which might be spent in
   * one direction, and the scatter of the windows around the line.
   */
  readonly uncertaintyNs: number;
  /** Windows that were quiet enough to count. */
  readonly windows: number;
}

export function toProberClock(alignment: ClockAlignment, watcherNs: number): number {
  return watcherNs + alignment.offsetNs + ((watcherNs - alignment.atNs) * alignment.driftPpb) / 1e9;
}

interface Window {
  readonly index: number;
  /** Least of arrived - sent: the shortest way there, less the offset. */
  forwardNs: number;
  /** Least of received - left: the shortest way back, plus the offset. */
  backwardNs: number;
  /** Middle of the window by the watcher's clock. */
  atNs: number;
}

/**
 * Offset and drift between two machines from the probes themselves, as NTP does it (RFC 5905, section 8): of each
 * window the least delay in either direction, as what is delayed is delayed by queues and only upwards. A stall spoils
 * a window only when it holds every probe of it; a spoilt one is wider than the others and left out. The drift is the
 * median of the slopes between windows (Theil and Sen), which a third of wrong ones cannot move.
 */
export class ClockAligner {
  readonly #windows: Window[] = [];
  #alignment: ClockAlignment | undefined;
  #stale = false;

  /** Takes one probe that was seen in both directions; windows older than the last ones are forgotten. */
  add({ sentNs, arrivedNs, leftNs, receivedNs }: LegInstants): void {
    const index = Math.floor(sentNs / WINDOW_NS);
    const window = this.#windowOf(index, arrivedNs + (index + 0.5) * WINDOW_NS - sentNs);
    if (window === undefined) return;
    const forwardNs = arrivedNs - sentNs;
    const backwardNs = receivedNs - leftNs;
    if (forwardNs >= window.forwardNs && backwardNs >= window.backwardNs) return;
    window.forwardNs = Math.min(window.forwardNs, forwardNs);
    window.backwardNs = Math.min(window.backwardNs, backwardNs);
    this.#stale = true;
  }

  /** Undefined before the first probe. */
  get alignment(): ClockAlignment | undefined {
    if (this.#stale) this.#alignment = align(this.#windows);
    this.#stale = false;
    return this.#alignment;
  }

  /** Probes come by the order of their outcome, so an older window may still be added to. */
  #windowOf(index: number, atNs: number): Window | undefined {
    for (let place = this.#windows.length - 1; place >= 0; place -= 1) {
      const window = this.#windows[place];
      if (window?.index === index) return window;
      if (window !== undefined && window.index < index) break;
    }
    const newest = this.#windows.at(-1);
    if (newest !== undefined && index < newest.index) return undefined;
    const window = { index, forwardNs: Number.POSITIVE_INFINITY, backwardNs: Number.POSITIVE_INFINITY, atNs };
    this.#windows.push(window);
    if (this.#windows.length > WINDOWS) this.#windows.shift();
    return window;
  }
}

function align(windows: readonly Window[]): ClockAlignment | undefined {
  const points = windows.map((window) => ({
    atNs: window.atNs,
    offsetNs: (window.backwardNs - window.forwardNs) / 2,
    halfWidthNs: (window.backwardNs + window.forwardNs) / 2,
  }));
  const leastNs = Math.min(...points.map(({ halfWidthNs }) => halfWidthNs));
  const quiet = points.filter(({ halfWidthNs }) => halfWidthNs <= leastNs * QUIET_FACTOR + QUIET_SLACK_NS);
  const last = quiet.at(-1);
  if (last === undefined) return undefined;
  const slope = quiet.length < LEAST_FOR_DRIFT ? 0 : median(slopes(quiet));
  const levels = quiet.map(({ atNs, offsetNs }) => offsetNs - slope * (atNs - last.atNs));
  const offsetNs = median(levels);
  const scatterNs = median(levels.map((level) => Math.abs(level - offsetNs)));
  return {
    offsetNs,
    atNs: last.atNs,
    driftPpb: slope * 1e9,
    // Three median deviations hold nearly all of a bell curve.
    uncertaintyNs: Math.max(0, leastNs) + 3 * scatterNs,
    windows: quiet.length,
  };
}

function slopes(points: readonly { readonly atNs: number; readonly offsetNs: number }[]): number[] {
  return points.flatMap((first, place) =>
    points
      .slice(place + 1)
      .filter((second) => second.atNs > first.atNs)
      .map((second) => (second.offsetNs - first.offsetNs) / (second.atNs - first.atNs)),
  );
}
