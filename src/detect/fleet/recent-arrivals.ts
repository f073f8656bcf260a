/** One that arrived: its flow, when, by how much later than usual, and its wait behind the driver's stamp. */
export interface Arrival {
  readonly flow: number;
  readonly timeNs: number;
  readonly lateNs: number;
  readonly backlogNs: number;
}

const FIRST = 1_024;

/** What arrived lately, roughly in the order of its time: tens of thousands, at 26 bytes each. */
export class RecentArrivals {
  #flow = new Uint16Array(FIRST);
  #time = new Float64Array(FIRST);
  #late = new Float64Array(FIRST);
  #backlog = new Float64Array(FIRST);
  /** Where the oldest is; a power of two of places, used in a ring. */
  #first = 0;
  #count = 0;

  push({ flow, timeNs, lateNs, backlogNs }: Arrival): void {
    if (this.#count === this.#time.length) this.#grow();
    const at = this.#place(this.#count);
    this.#flow[at] = flow;
    this.#time[at] = timeNs;
    this.#late[at] = lateNs;
    this.#backlog[at] = backlogNs;
    this.#count += 1;
  }

  /** Leaves out the oldest, up to the first one that is younger than that. */
  forget(untilNs: number): void {
    while (this.#count > 0 && (this.#time[this.#first] as number) <= untilNs) {
      this.#first = this.#place(1);
      this.#count -= 1;
    }
  }

  clear(): void {
    this.#count = 0;
  }

  /** Those that came within a span of time, both ends included. */
  *between(fromNs: number, toNs: number): Generator<Arrival> {
    for (let i = 0; i < this.#count; i += 1) {
      const at = this.#place(i);
      const timeNs = this.#time[at] as number;
      if (timeNs < fromNs || timeNs > toNs) continue;
      yield {
        flow: this.#flow[at] as number,
        timeNs,
        lateNs: this.#late[at] as number,
        backlogNs: this.#backlog[at] as number,
      };
    }
  }

  #place(index: number): number {
    return (this.#first + index) & (this.#time.length - 1);
  }

  #grow(): void {
    const size = 2 * this.#time.length;
    const moved = <T extends Uint16Array | Float64Array>(from: T, to: T): T => {
      to.set(from.subarray(this.#first));
      to.set(from.subarray(0, this.#first), from.length - this.#first);
      return to;
    };
    this.#flow = moved(this.#flow, new Uint16Array(size));
    this.#time = moved(this.#time, new Float64Array(size));
    this.#late = moved(this.#late, new Float64Array(size));
    this.#backlog = moved(this.#backlog, new Float64Array(size));
    this.#first = 0;
  }
}
