import { Outcomes, type SampleColumns } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';

/** How a remembered probe ended, as the strip tells them apart. */
export const Marks = { reply: 0, lost: 1, error: 2, superseded: 3 } as const;

/** Samples may come this much out of order of their outcomes: transports and helpers write in blocks. */
const DISORDER_NS = 2 * SECOND;
/** A late reply takes back a loss this many samples further on at most. */
const TAKE_BACK = 4_096;

/** One remembered probe. */
export interface RememberedProbe {
  readonly sentNs: number;
  /** 0 where there was no reply. */
  readonly rttNs: number;
  readonly flow: number;
  /** One of {@link Marks}. */
  readonly mark: number;
}

/** The last probes of one path, in memory that does not grow: some 23 bytes a probe. */
export class PathHistory {
  readonly #capacity: number;
  readonly #sentNs: Float64Array;
  readonly #rttNs: Float64Array;
  readonly #seq: Uint32Array;
  readonly #flow: Uint16Array;
  readonly #mark: Uint8Array;
  #next = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sentNs = new Float64Array(capacity);
    this.#rttNs = new Float64Array(capacity);
    this.#seq = new Uint32Array(capacity);
    this.#flow = new Uint16Array(capacity);
    this.#mark = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Send instant of the oldest probe remembered; undefined while empty. */
  get oldestNs(): number | undefined {
    if (this.#length === 0) return undefined;
    return this.#sentNs[(this.#next - this.#length + this.#capacity) % this.#capacity];
  }

  clear(): void {
    this.#length = 0;
  }

  push(samples: SampleColumns, i: number): void {
    const outcome = samples.outcome[i] as number;
    if (outcome === Outcomes.sendFailed) return;
    const rttNs = samples.rttNs[i] as number;
    const seq = samples.seq[i] as number;
    if (outcome === Outcomes.late) this.#takeBack(seq);
    const answered = outcome === Outcomes.reply || outcome === Outcomes.late;
    const at = this.#next;
    this.#sentNs[at] = samples.sentNs[i] as number;
    this.#rttNs[at] = answered ? rttNs : 0;
    this.#seq[at] = seq;
    this.#flow[at] = samples.flow[i] as number;
    this.#mark[at] = answered ? Marks.reply : outcome === Outcomes.error ? Marks.error : Marks.lost;
    this.#next = (at + 1) % this.#capacity;
    if (this.#length < this.#capacity) this.#length += 1;
  }

  /**
   * Visits the probes that were under way at some moment from `fromNs` to `toNs`, the newest first.
   *
   * @param visit gets fields rather than an object, as there are many
   */
  visit(
    fromNs: number,
    toNs: number,
    visit: (sentNs: number, rttNs: number, flow: number, mark: number) => void,
  ): void {
    for (let back = 1; back <= this.#length; back += 1) {
      const at = (this.#next - back + this.#capacity) % this.#capacity;
      const sentNs = this.#sentNs[at] as number;
      const rttNs = this.#rttNs[at] as number;
      // They stand in the order in which their outcome became known, which is never before they were sent.
      if (sentNs + rttNs < fromNs - DISORDER_NS) break;
      if (sentNs + rttNs < fromNs || sentNs >= toNs) continue;
      const mark = this.#mark[at] as number;
      if (mark !== Marks.superseded) visit(sentNs, rttNs, this.#flow[at] as number, mark);
    }
  }

  /** As {@link visit}, gathered in the order of sending. */
  between(fromNs: number, toNs: number): RememberedProbe[] {
    const probes: RememberedProbe[] = [];
    this.visit(fromNs, toNs, (sentNs, rttNs, flow, mark) => probes.push({ sentNs, rttNs, flow, mark }));
    return probes.sort((a, b) => a.sentNs - b.sentNs);
  }

  #takeBack(seq: number): void {
    const reach = Math.min(this.#length, TAKE_BACK);
    for (let back = 1; back <= reach; back += 1) {
      const at = (this.#next - back + this.#capacity) % this.#capacity;
      if (this.#seq[at] === seq && this.#mark[at] === Marks.lost) {
        this.#mark[at] = Marks.superseded;
        return;
      }
    }
  }
}
