import { SECOND } from '../../model/time.js';

/** Seconds remembered for the sparkline and the rate. */
export const SECONDS_KEPT = 600;

/** What one second of a path was like; `null` RTT where nothing was answered. */
export interface PathSecond {
  readonly sent: number;
  readonly lost: number;
  readonly worstNs: number;
}

/** The worst RTT, the probes and the losses of each of the last seconds, by send instant. */
export class PathSeconds {
  readonly #worstNs = new Float64Array(SECONDS_KEPT);
  readonly #sent = new Uint32Array(SECONDS_KEPT);
  readonly #lost = new Uint32Array(SECONDS_KEPT);
  #last = -1;
  #first = 0;

  clear(): void {
    this.#last = -1;
  }

  add(sentNs: number, rttNs: number): void {
    const at = this.#open(sentNs);
    if (at < 0) return;
    this.#sent[at] = (this.#sent[at] as number) + 1;
    if (rttNs > (this.#worstNs[at] as number)) this.#worstNs[at] = rttNs;
  }

  addLost(sentNs: number): void {
    const at = this.#open(sentNs);
    if (at < 0) return;
    this.#sent[at] = (this.#sent[at] as number) + 1;
    this.#lost[at] = (this.#lost[at] as number) + 1;
  }

  /** A late reply: the probe was counted as lost. */
  takeBack(sentNs: number, rttNs: number): void {
    const at = this.#open(sentNs);
    if (at < 0) return;
    if ((this.#lost[at] as number) > 0) this.#lost[at] = (this.#lost[at] as number) - 1;
    else this.#sent[at] = (this.#sent[at] as number) + 1;
    if (rttNs > (this.#worstNs[at] as number)) this.#worstNs[at] = rttNs;
  }

  /** The second of that number since the epoch, or undefined where nothing is known of it. */
  at(second: number): PathSecond | undefined {
    if (this.#last < 0 || second > this.#last || second < this.#first || second <= this.#last - SECONDS_KEPT)
      return undefined;
    const at = second % SECONDS_KEPT;
    return { sent: this.#sent[at] as number, lost: this.#lost[at] as number, worstNs: this.#worstNs[at] as number };
  }

  /** Probes a second over the seconds that are complete, three at most. */
  rate(nowNs: number): number | undefined {
    const newest = Math.floor(nowNs / SECOND) - 1;
    const known = [newest, newest - 1, newest - 2]
      .filter((second) => second > this.#first)
      .flatMap((second) => this.at(second) ?? []);
    return known.length === 0 ? undefined : known.reduce((sum, { sent }) => sum + sent, 0) / known.length;
  }

  #open(sentNs: number): number {
    const second = Math.max(0, Math.floor(sentNs / SECOND));
    if (this.#last < 0) {
      this.#first = second;
      this.#last = second - 1;
    }
    if (second <= this.#last - SECONDS_KEPT || second < this.#first) return -1;
    const from = Math.max(this.#last + 1, second - SECONDS_KEPT + 1);
    for (let fresh = from; fresh <= second; fresh += 1) {
      const at = fresh % SECONDS_KEPT;
      this.#worstNs[at] = 0;
      this.#sent[at] = 0;
      this.#lost[at] = 0;
    }
    if (second > this.#last) this.#last = second;
    return second % SECONDS_KEPT;
  }
}
