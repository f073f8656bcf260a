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

  /** How many samples have been filled in, or are to be by whoever asked for room. */
  get filled(): number {
    return this.#filled;
  }

  /** Columns with room for so many more samples behind those that were filled, which are theirs from now on. */
  extend(count: number): SampleColumns {
    const kept = this.#filled;
    this.#filled += count;
    const columns = this.#rooms[this.#taken];
    if (columns !== undefined && columns.length >= this.#filled) return columns;
    const larger = enlarged(columns, kept, this.#filled);
    this.#rooms[this.#taken] = larger;
    return larger;
  }

  /** What was filled; nobody else has it until {@link release}. */
  take(): SampleColumns {
    const columns = this.extend(0);
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
