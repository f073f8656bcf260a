/** Items of several sources in the order in which they come; a failure of one ends them all. */
export class MergedEvents<T> implements AsyncIterable<{ readonly from: number; readonly item: T }> {
  readonly #queue: { readonly from: number; readonly item: T }[] = [];
  #open = 0;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;
  #wake: () => void = () => {};
  /** Lets the sources go on once the reader has caught up. */
  #room: (() => void)[] = [];

  /** Starts reading a source; may be called while the items are read. */
  add(from: number, source: AsyncIterable<T>): void {
    this.#open += 1;
    this.#read(from, source).then(
      () => this.#left(),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#left();
      },
    );
  }

  /** The reader leaves: the sources are told at their next item. */
  close(): void {
    this.#closed = true;
    for (const go of this.#room.splice(0)) go();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ readonly from: number; readonly item: T }> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      for (const go of this.#room.splice(0)) go();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#open === 0) return;
      if (this.#queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #read(from: number, source: AsyncIterable<T>): Promise<void> {
    for await (const item of source) {
      if (this.#closed) return;
      this.#queue.push({ from, item });
      this.#wake();
      // A reader that is behind is waited for, as a single source would wait.
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
  }

  #left(): void {
    this.#open -= 1;
    this.#wake();
  }
}
