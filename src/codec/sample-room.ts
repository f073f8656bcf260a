import { allocateSamples, copySample, type SampleColumns } from '../model/sample.js';

/** Smallest columns. */
const LEAST = 256;

/**
 * Columns that are filled again and again: where blocks are small, and many, to make seventeen arrays for each takes
 * longer than to fill them.
 */
export class SampleRoom {
  readonly #rooms: SampleColumns[] = [];
  #taken = 0;
  #filled = 0;

  /**
   * Columns with room for so many more samples behind those that were filled, which are theirs from now on.
   *
   * @returns with the place of the first of them
   */
  extend(count: number): { readonly columns: SampleColumns; readonly from: number } {
    const from = this.#filled;
    this.#filled += count;
    let columns = this.#rooms[this.#taken];
    if (columns === undefined || columns.length < this.#filled) {
      columns = enlarged(columns, from, this.#filled);
      this.#rooms[this.#taken] = columns;
    }
    return { columns, from };
  }

  /** What was filled; nobody else has it until {@link release}. */
  take(): SampleColumns {
    const columns = this.extend(0).columns;
    const length = this.#filled;
    this.#taken += 1;
    this.#filled = 0;
    return { ...columns, length };
  }

  /** All that was taken is done with. */
  release(): void {
    this.#taken = 0;
    this.#filled = 0;
  }
}

function enlarged(columns: SampleColumns | undefined, kept: number, least: number): SampleColumns {
  const larger = allocateSamples(2 ** Math.ceil(Math.log2(Math.max(LEAST, least))));
  if (columns !== undefined) for (let i = 0; i < kept; i += 1) copySample(columns, i, larger, i);
  return larger;
}
