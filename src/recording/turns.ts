/**
 * One at a time, in the order of asking. What is recorded and what the analysis makes of it follow the same order
 * only where nothing else is taken in meanwhile.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, to what ends the turn; ending it again does nothing. */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => {};
    this.#last = new Promise<void>((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
