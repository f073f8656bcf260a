import { SampleFlags, stampPlace } from '../model/sample.js';
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
 * of its own, and what counts of a reply is how far it lies from that of its kind; but a stamp that comes earlier on the way
 * shows a wait by itself. The scale is that of the kind which is
 * the first to have a usual RTT.
 */
export class StampScale {
  #kind = -1;
  readonly #others = new Map<number, RunningMedian>();

  /** @param usual of the kind whose scale this is; its owner pushes only answers in which {@link isMain} holds */
  constructor(private readonly usual: RunningMedian) {}

  /** The flags of stamps that the scale is of; -1 while there is none. */
  get main(): number {
    return this.#kind;
  }

  /** Whether the RTT of an answer with these flags stands on the scale as it is. */
  isMain(flags: number): boolean {
    return (flags & STAMPS) === this.#kind;
  }

  /** How far the upper tail of the noisiest kind that measures more lies above its median; 0 where there is none. */
  get noiseNs(): number {
    let most = 0;
    for (const [kind, { tail }] of this.#others) {
      if (!measuresNoMore(kind, this.#kind)) most = Math.max(most, tail);
    }
    return most;
  }

  /**
   * Takes in one answer.
   *
   * @returns its RTT on the scale; NaN while it may contain more than those of the scale, and how much is not known
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
    if (this.usual.ready) {
      // What is measured over less of the way waited at least so long: also where only held replies are stamped so.
      if (measuresNoMore(kind, this.#kind)) return rttNs + Math.max(0, own.ready ? this.#apartNs(own) : 0);
      return own.ready ? Math.max(0, rttNs + Math.min(0, this.#apartNs(own))) : Number.NaN;
    }
    if (!own.ready) return Number.NaN;
    // The path is stamped so, and the few that came before were the exception.
    this.#others.delete(kind);
    this.#kind = kind;
    this.usual.reset();
    return rttNs;
  }

  #apartNs({ median }: RunningMedian): number {
    return Math.round(this.usual.median - median);
  }

  /** The level of the path has changed for good: what comes next begins a new scale. */
  reset(): void {
    this.#kind = -1;
    this.#others.clear();
  }
}

/** Whether an RTT with stamps of one kind is of no more of the way than with those of another. */
function measuresNoMore(one: number, other: number): boolean {
  const sentByUser = SampleFlags.userSentStamp;
  return stampPlace(one) <= stampPlace(other) && (one & sentByUser) <= (other & sentByUser);
}
