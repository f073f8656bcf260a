/**
 * Numbers ordered by instant; equal instants in the order of insertion. A binary heap in
 * typed arrays, for it is used several times per probe.
 */
export class TimeQueue {
  private times = new Float64Array(64);
  private orders = new Float64Array(64);
  private items = new Uint32Array(64);
  private inserted = 0;
  private size = 0;

  /** When the next one is; Infinity when there is none. */
  get nextNs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.time(0);
  }

  push(timeNs: number, item: number): void {
    if (this.size === this.times.length) this.grow();
    const order = this.inserted++;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      // An equal instant above was inserted before, so only an earlier one moves up.
      if (this.time(parent) <= timeNs) break;
      this.copy(parent, i);
      i = parent;
    }
    this.put(i, timeNs, order, item);
  }

  /** Takes out the next one. Only while {@link nextNs} is finite. */
  pop(): number {
    const top = this.items[0] ?? 0;
    const last = --this.size;
    if (last > 0) this.sink(this.time(last), this.orders[last] ?? 0, this.items[last] ?? 0);
    return top;
  }

  private sink(timeNs: number, order: number, item: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && this.before(child + 1, child)) child++;
      const childNs = this.time(child);
      if (timeNs < childNs || (timeNs === childNs && order < (this.orders[child] ?? 0))) break;
      this.copy(child, i);
      i = child;
    }
    this.put(i, timeNs, order, item);
  }

  private before(a: number, b: number): boolean {
    const [aNs, bNs] = [this.time(a), this.time(b)];
    return aNs < bNs || (aNs === bNs && (this.orders[a] ?? 0) < (this.orders[b] ?? 0));
  }

  private time(i: number): number {
    return this.times[i] ?? Number.POSITIVE_INFINITY;
  }

  private copy(from: number, to: number): void {
    this.put(to, this.time(from), this.orders[from] ?? 0, this.items[from] ?? 0);
  }

  private put(i: number, timeNs: number, order: number, item: number): void {
    this.times[i] = timeNs;
    this.orders[i] = order;
    this.items[i] = item;
  }

  private grow(): void {
    const [times, orders, items] = [this.times, this.orders, this.items];
    this.times = new Float64Array(times.length * 2);
    this.times.set(times);
    this.orders = new Float64Array(times.length * 2);
    this.orders.set(orders);
    this.items = new Uint32Array(times.length * 2);
    this.items.set(items);
  }
}
