/** So many slots behind the newest are still taken: 30 s and more at any rate of the watch. */
const WINDOW = 4_096;
const BITS = 32;

/** Which slots of one grid were seen: each is taken once, and none that is old. One bit a slot, in a ring. */
export class ReplayWindow {
  #newest = -1;
  readonly #seen = new Uint32Array(WINDOW / BITS);

  get newest(): number {
    return this.#newest;
  }

  /** @returns whether the slot is new */
  take(slot: number): boolean {
    if (slot <= this.#newest - WINDOW) return false;
    if (slot > this.#newest) {
      // Places of slots that are old now, and of those that were never heard.
      for (let at = Math.max(this.#newest, slot - WINDOW) + 1; at <= slot; at += 1) this.#mark(at, false);
      this.#newest = slot;
    } else if (this.#has(slot)) {
      return false;
    }
    this.#mark(slot, true);
    return true;
  }

  #has(slot: number): boolean {
    const at = slot % WINDOW;
    return (((this.#seen[at >>> 5] as number) >>> (at & 31)) & 1) === 1;
  }

  #mark(slot: number, isSeen: boolean): void {
    const at = slot % WINDOW;
    const bit = 1 << (at & 31);
    const word = this.#seen[at >>> 5] as number;
    this.#seen[at >>> 5] = isSeen ? word | bit : word & ~bit;
  }
}
