import { repeatingGap } from '../stats/repeating-gap.js';

const MOST_STALLS = 256;
/** Stalls of several queues released this close together, as a share of the typical gap, are one event. */
const SAME_EVENT = 0.1;

/** Watches whether the stalls of one path keep a period. Remembers the last 256. */
export class StallPeriod {
  readonly #releases: number[] = [];

  add(releaseNs: number): void {
    this.#releases.push(releaseNs);
    if (this.#releases.length > MOST_STALLS) {
      this.#releases.shift();
    }
  }

  /** Distance of the stalls where at least 4 keep one (single ones may be missing), else null. */
  periodNs(): number | null {
    const sorted = [...this.#releases].sort((a, b) => a - b);
    const first = sorted[0];
    const last = sorted.at(-1);
    if (first === undefined || last === undefined || sorted.length < 4) {
      return null;
    }
    const near = (SAME_EVENT * (last - first)) / (sorted.length - 1);
    const events = sorted.filter((release, i) => i === 0 || release - (sorted[i - 1] as number) > near);
    const period = repeatingGap(events);
    return period === null ? null : Math.round(period);
  }
}
