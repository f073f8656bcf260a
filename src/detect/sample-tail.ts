import { SECOND } from '../model/time.js';
import type { DetectedPath } from './detected-path.js';

/** The tail reaches this far back. */
const TAIL_NS = 4 * SECOND;
/** While a case is open the tail may grow to this many samples: 30 s at one a millisecond. */
const MOST_SAMPLES = 32_768;

/** Numbers a sample takes: its cells lie side by side, as with many paths each cache line counts. */
const CELLS = 4;
const [SENT, RTT, PREVIOUS, FLOW] = [0, 1, 2, 3];
/** Added to the flow of a sample that a finding has taken. */
const CLAIMED = 0x1_0000;
/** The cell of the flow holds, from this bit on, who stamped the arrival. */
const STAMP_SHIFT = 17;

/**
 * The last answered samples of one path, in the order in which their answers arrived: a ring of 32 bytes a sample.
 * It holds a fixed number of samples, except while samples from a protected place on are still needed: then it
 * doubles as often as necessary, up to 32,768, and returns to its size afterwards.
 *
 * A sample is known by its place, counted from the first sample of the run: places never shift.
 */
export class SampleTail {
  readonly #usual: number;
  #mask: number;
  #cells: Float64Array;
  #end = 0;
  #start = 0;
  #protectedFrom = Number.POSITIVE_INFINITY;

  /** @param usual samples held in normal times, a power of two */
  constructor(usual: number) {
    this.#usual = usual;
    this.#mask = usual - 1;
    this.#cells = new Float64Array(usual * CELLS);
  }

  /** Place of the oldest sample still held. */
  get start(): number {
    return this.#start;
  }

  /** Place that the next sample will have. */
  get end(): number {
    return this.#end;
  }

  /**
   * @param previousNs send instant of the probe of the same flow that was answered before this one; below 0 for none
   * @param stamp who stamped the arrival: the place in `RECEIVED_STAMPS`
   * @returns the place of the sample
   */
  push(sentNs: number, rttNs: number, previousNs: number, flow: number, stamp: number): number {
    if (this.#end - this.#start > this.#mask) {
      this.#makeRoom();
    }
    const at = (this.#end & this.#mask) * CELLS;
    const cells = this.#cells;
    cells[at + SENT] = sentNs;
    cells[at + RTT] = rttNs;
    cells[at + PREVIOUS] = previousNs;
    cells[at + FLOW] = flow + (stamp << STAMP_SHIFT);
    this.#end += 1;
    return this.#end - 1;
  }

  sentNs(place: number): number {
    return this.#cells[(place & this.#mask) * CELLS + SENT] as number;
  }

  rttNs(place: number): number {
    return this.#cells[(place & this.#mask) * CELLS + RTT] as number;
  }

  arrivalNs(place: number): number {
    return this.sentNs(place) + this.rttNs(place);
  }

  previousNs(place: number): number {
    return this.#cells[(place & this.#mask) * CELLS + PREVIOUS] as number;
  }

  flow(place: number): number {
    return (this.#cells[(place & this.#mask) * CELLS + FLOW] as number) & (CLAIMED - 1);
  }

  /** Who stamped its arrival: the place in `RECEIVED_STAMPS`. */
  stamp(place: number): number {
    return (this.#cells[(place & this.#mask) * CELLS + FLOW] as number) >>> STAMP_SHIFT;
  }

  /** Whether a finding has taken the sample. */
  claimed(place: number): boolean {
    return ((this.#cells[(place & this.#mask) * CELLS + FLOW] as number) & CLAIMED) !== 0;
  }

  claim(place: number): void {
    const at = (place & this.#mask) * CELLS + FLOW;
    this.#cells[at] = (this.#cells[at] as number) | CLAIMED;
  }

  /** Lower quartile of the RTTs held; 0 while empty. */
  lowRttNs(): number {
    const rtts = new Float64Array(this.#end - this.#start).map((_, i) => this.rttNs(this.#start + i)).sort();
    return rtts[rtts.length >> 2] ?? 0;
  }

  /**
   * Keeps all samples from half of the usual size before `place` on, as far as the greatest size allows, and no
   * longer those before that.
   */
  protect(place: number): void {
    this.#protectedFrom = Math.max(this.#start, place - this.#usual / 2);
    if (this.#mask + 1 > this.#usual && this.#end - this.#protectedFrom <= this.#usual) {
      this.#resize(this.#usual);
    }
  }

  /** Ends the protection and returns to the usual size. */
  unprotect(): void {
    this.#protectedFrom = Number.POSITIVE_INFINITY;
    if (this.#mask + 1 > this.#usual) {
      this.#resize(this.#usual);
    }
  }

  #makeRoom(): void {
    const size = this.#mask + 1;
    if (this.#start >= this.#protectedFrom && size < MOST_SAMPLES) {
      this.#resize(size * 2);
    } else {
      this.#start += 1;
    }
  }

  #resize(size: number): void {
    const [old, oldMask] = [this.#cells, this.#mask];
    this.#cells = new Float64Array(size * CELLS);
    this.#mask = size - 1;
    this.#start = Math.max(this.#start, this.#end - size);
    for (let place = this.#start; place < this.#end; place += 1) {
      const from = (place & oldMask) * CELLS;
      this.#cells.set(old.subarray(from, from + CELLS), (place & this.#mask) * CELLS);
    }
  }
}

/** Samples of a tail: a power of two that holds some 4 s of them, 256 to 8,192. */
export function usualTailSize(path: Pick<DetectedPath, 'intervalNs' | 'freshPerSecond'>): number {
  const samples = TAIL_NS / path.intervalNs + (TAIL_NS / SECOND) * path.freshPerSecond;
  return 2 ** Math.min(13, Math.max(8, Math.ceil(Math.log2(samples))));
}
