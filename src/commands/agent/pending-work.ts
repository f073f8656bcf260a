/** What is to be done later, or is under way: all of it ends with its owner. */
export class PendingWork {
  readonly #timers = new Set<NodeJS.Timeout>();
  #under: Promise<unknown> = Promise.resolve();

  later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  underWay(work: Promise<unknown>): void {
    this.#under = Promise.all([this.#under, work]);
  }

  /** Leaves undone what has not begun. */
  drop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Resolves when what had begun is done. */
  async ended(): Promise<void> {
    await this.#under;
  }
}
