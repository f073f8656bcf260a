import { allocateSamples, type SampleColumns } from '../model/sample.js';

/** Smallest columns. */
const LEAST = 256;

/**
 * Columns that are filled again and again: where blocks are small, and many, to make seventeen arrays for each takes
 * longer than to fill them.
 */
export class SampleRoom {
  readonly #columns: SampleColumns[] = [];
  #taken = 0;

  /** Columns for so many samples or more, with what stood there before; nobody else has them until {@link release}. */
  take(length: number): SampleColumns {
    let columns = this.#columns[this.#taken];
    if (columns === undefined || columns.length < length) {
      columns = allocateSamples(2 ** Math.ceil(Math.log2(Math.max(LEAST, length))));
      this.#columns[this.#taken] = columns;
    }
    this.#taken += 1;
    return columns;
  }

  /** All that was taken is done with. */
  release(): void {
    this.#taken = 0;
  }
}
