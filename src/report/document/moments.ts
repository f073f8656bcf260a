import type { Finding } from '../../model/finding.js';
import { MS, SECOND } from '../../model/time.js';
import type { RecentSamples } from './recent-samples.js';
import { PointGatherer } from './sample-points.js';

/** What is shown whole before and after a finding. */
const MARGIN_NS = 300 * MS;
/** A finding is told within about a second of its release; after that its surroundings have come as well. */
const READY_NS = 3 * SECOND;
const LONGEST_NS = 10 * SECOND;

interface Moment {
  fromNs: number;
  toNs: number;
  weight: number;
}

interface KeptMoment extends Moment {
  readonly points: readonly { readonly path: number; readonly gathered: PointGatherer }[];
  readonly size: number;
}

/** The samples of all paths around findings, every one of them, as far as the room goes: the longest first. */
export class Moments {
  #waiting: Moment[] = [];
  #kept: KeptMoment[] = [];
  #size = 0;

  /** @param room samples kept at most */
  constructor(
    private readonly room: number,
    private readonly recent: readonly RecentSamples[],
  ) {}

  finding(finding: Finding): void {
    const weight = (finding.release - finding.startMin) * (finding.selfInflicted ? 0.01 : 1);
    const fromNs = finding.startMin - MARGIN_NS;
    const toNs = finding.release + MARGIN_NS;
    const near = this.#waiting.find((moment) => {
      const length = Math.max(toNs, moment.toNs) - Math.min(fromNs, moment.fromNs);
      return fromNs <= moment.toNs && toNs >= moment.fromNs && length <= LONGEST_NS;
    });
    if (!near) {
      this.#waiting.push({ fromNs, toNs, weight });
      return;
    }
    near.fromNs = Math.min(near.fromNs, fromNs);
    near.toNs = Math.max(near.toNs, toNs);
    near.weight = Math.max(near.weight, weight);
  }

  /** Keeps what is complete by now. */
  advance(nowNs: number): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter((moment) => moment.toNs + READY_NS <= nowNs);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((moment) => moment.toNs + READY_NS > nowNs);
    for (const moment of ready) this.#keep(moment);
  }

  finish(): void {
    this.advance(Number.POSITIVE_INFINITY);
  }

  gather(path: number, into: PointGatherer): void {
    for (const { points } of this.#kept) {
      for (const { path: own, gathered } of points) if (own === path) gathered.copyTo(into);
    }
  }

  #keep(moment: Moment): void {
    const lightest = this.#kept.at(-1);
    if (this.#size >= this.room && lightest && lightest.weight >= moment.weight) return;
    let size = 0;
    const points = this.recent.flatMap((samples, path) => {
      const gathered = new PointGatherer();
      const found = samples.gather(moment.fromNs, moment.toNs, gathered);
      size += found;
      return found === 0 ? [] : [{ path, gathered }];
    });
    const place = this.#kept.findIndex((kept) => kept.weight < moment.weight);
    this.#kept.splice(place < 0 ? this.#kept.length : place, 0, { ...moment, points, size });
    this.#size += size;
    while (this.#size > this.room && this.#kept.length > 1) this.#size -= this.#kept.pop()?.size ?? 0;
  }
}
