import type { EdgeCounts } from '../../detect/fleet/edge-watch.js';
import type { EdgePath } from '../../model/fleet/edge.js';
import { LogHistogram } from '../../stats/log-histogram.js';

/** What is counted of one path as long as it is one, through restarts of its prober. */
export interface PathTally extends EdgeCounts {
  path: EdgePath;
  /** Seconds since 1970. */
  readonly since: number;
  stalls: number;
  heldNs: number;
  lastRelease: number | null;
}

/** Tallies by neighbour, kind and protocol. */
export class Tallies {
  readonly #paths = new Map<string, PathTally>();

  get all(): readonly PathTally[] {
    return [...this.#paths.values()];
  }

  of(path: EdgePath): PathTally {
    const name = nameOf(path);
    const known = this.#paths.get(name);
    if (known !== undefined && known.path.address === path.address && known.path.port === path.port) {
      known.path = path;
      return known;
    }
    const tally = { path, since: Date.now() / 1000, probes: 0, lost: 0, stalls: 0, heldNs: 0, lastRelease: null };
    this.#paths.set(name, tally);
    return tally;
  }

  /** Forgets all paths but these. */
  keep(paths: readonly EdgePath[]): void {
    const names = new Set(paths.map(nameOf));
    for (const name of this.#paths.keys()) if (!names.has(name)) this.#paths.delete(name);
  }
}

function nameOf({ to, kind, protocol }: EdgePath): string {
  return `${to} ${kind} ${protocol}`;
}

const MINUTE_MS = 60_000;

/** A distribution of the last minute or two, in two halves that take turns. */
export class LastMinute {
  #present = new LogHistogram(6);
  #before = new LogHistogram(6);
  #beganMs = performance.now();

  record(value: number): void {
    this.#turn();
    this.#present.record(value);
  }

  quantile(p: number): number {
    this.#turn();
    const from = this.#before.count > 0 ? this.#before : this.#present;
    return from.count > 0 ? from.quantile(p) : 0;
  }

  #turn(): void {
    const now = performance.now();
    if (now - this.#beganMs < MINUTE_MS) return;
    this.#before = now - this.#beganMs < 2 * MINUTE_MS ? this.#present : new LogHistogram(6);
    this.#present = new LogHistogram(6);
    this.#beganMs = now;
  }
}
