/** So many slots behind the newest are still taken: 30 s and more at any rate of the watch. */
const WINDOW = 4_096;

/** Which slots of one grid were seen: each is taken once, and none that is old. */
export class ReplayWindow {
  #newest = -1;
  readonly #seen = new Set<number>();

  get newest(): number {
    return this.#newest;
  }

  /** @returns whether the slot is new */
  take(slot: number): boolean {
    if (slot <= this.#newest - WINDOW || this.#seen.has(slot)) return false;
    this.#seen.add(slot);
    if (slot > this.#newest) {
      this.#newest = slot;
      if (this.#seen.size > 2 * WINDOW) {
        for (const old of this.#seen) if (old <= slot - WINDOW) this.#seen.delete(old);
      }
    }
    return true;
  }
}
