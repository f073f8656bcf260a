import { SampleFlags } from '../model/sample.js';
import { RunningMedian } from './running-median.js';

/** Of these flags an RTT depends: replies that differ in them are measured from, or to, different points. */
const STAMPS =
  SampleFlags.userSentStamp |
  SampleFlags.userReceivedStamp |
  SampleFlags.hardwareStamps |
  SampleFlags.socketReceivedStamp;

/**
 * Puts the RTTs of one path on one scale where its replies are stamped now here, now there: at the driver's poll and, where
 * that stamp was lost, at the packet socket, which is later by all that waits between. Each kind of stamps has a usual RTT
 * of its own, and what counts of a reply is how far it lies from that of its kind. The scale is that of the kind which is
 * the first to have a usual RTT.
 */
export class StampScale {
  #kind = -1;
  readonly #others = new Map<number, RunningMedian>();

  /** @param usual of the kind whose scale this is; its owner pushes only answers in which {@link isMain} holds */
  constructor(private readonly usual: RunningMedian) {}

  /** Whether the RTT of an answer with these flags stands on the scale as it is. */
  isMain(flags: number): boolean {
    return (flags & STAMPS) === this.#kind;
  }

  /** How far the upper tail of the noisiest other kind lies above its median; 0 where there is only one kind. */
  get noiseNs(): number {
    let most = 0;
    for (const { tail } of this.#others.values()) most = Math.max(most, tail);
    return most;
  }

  /**
   * Takes in one answer.
   *
   * @returns its RTT on the scale; NaN while it is not known how stamps of its kind compare
   */
  scaled(rttNs: number, flags: number): number {
    const kind = flags & STAMPS;
    if (kind === this.#kind) return rttNs;
    if (this.#kind === -1) {
      this.#kind = kind;
      return rttNs;
    }
    let own = this.#others.get(kind);
    if (own === undefined) {
      own = new RunningMedian();
      this.#others.set(kind, own);
    }
    own.push(rttNs);
    if (!own.ready) return Number.NaN;
    if (this.usual.ready) return Math.max(0, Math.round(rttNs - own.median + this.usual.median));
    // The path is stamped so, and the few that came before were the exception.
    this.#others.delete(kind);
    this.#kind = kind;
    this.usual.reset();
    return rttNs;
  }

  /** The level of the path has changed for good: what comes next begins a new scale. */
  reset(): void {
    this.#kind = -1;
    this.#others.clear();
  }
}
