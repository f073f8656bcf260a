import { medianSorted } from 'simple-statistics';
import { select } from './select.js';

/** Values of one block; its median stands for all of them. */
const BLOCK = 64;
/** Blocks remembered: the window is BLOCK × BLOCKS = 960 values. */
const BLOCKS = 15;
/** Values without which there is no median yet. */
const WARM_UP = 16;
const P95 = Math.floor(BLOCK * 0.95);

/**
 * The median of about the last thousand values, and how far their upper tail lies above it, in constant memory
 * and some 40 ns a value: values are gathered in blocks of 64, and the median of the last 15 block medians is
 * the running median. Half of the blocks may be spoilt altogether before it moves.
 */
export class RunningMedian {
  readonly #block = new Float64Array(BLOCK);
  readonly #medians = new Float64Array(BLOCKS);
  readonly #tails = new Float64Array(BLOCKS);
  /** Blocks seen since the start or the last reset. */
  #blocks = 0;
  #filled = 0;
  #median = 0;
  #tail = 0;
  #ready = false;

  /** Whether 16 values have been seen, and `median` and `tail` mean anything. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Median of the window; 0 until ready. */
  get median(): number {
    return this.#median;
  }

  /** Distance from the median to the 95th percentile within a block, the median over the blocks; 0 until ready. */
  get tail(): number {
    return this.#tail;
  }

  /** Values until the median may change next, at least 1. */
  get untilChange(): number {
    return this.#blocks === 0 ? WARM_UP - (this.#filled % WARM_UP) : BLOCK - this.#filled;
  }

  /** @returns whether the median may have changed */
  push(value: number): boolean {
    this.#block[this.#filled] = value;
    this.#filled += 1;
    if (this.#filled === BLOCK) {
      this.#rememberBlock();
      this.#filled = 0;
      return true;
    }
    if (this.#blocks === 0 && this.#filled >= WARM_UP && this.#filled % WARM_UP === 0) {
      const sorted = this.#block.slice(0, this.#filled).sort();
      this.#median = sortedMedian(sorted);
      this.#tail = (sorted[Math.floor((sorted.length - 1) * 0.9)] as number) - this.#median;
      this.#ready = true;
      return true;
    }
    return false;
  }

  /** Forgets the past: the level has changed for good. */
  reset(): void {
    this.#blocks = 0;
    this.#filled = 0;
    this.#ready = false;
  }

  /** Only three of the values in order are asked for, which takes a fifth of the time of sorting all. */
  #rememberBlock(): void {
    const block = this.#block;
    const upper = select(block, BLOCK / 2, 0, BLOCK - 1);
    let lower = block[0] as number;
    for (let i = 1; i < BLOCK / 2; i += 1) if ((block[i] as number) > lower) lower = block[i] as number;
    const median = (lower + upper) / 2;
    this.#remember(median, select(block, P95, BLOCK / 2 + 1, BLOCK - 1) - median);
  }

  #remember(median: number, tail: number): void {
    this.#medians[this.#blocks % BLOCKS] = median;
    this.#tails[this.#blocks % BLOCKS] = tail;
    this.#blocks += 1;
    const known = Math.min(this.#blocks, BLOCKS);
    this.#median = medianOfFew(this.#medians, known);
    this.#tail = medianOfFew(this.#tails, known);
    this.#ready = true;
  }
}

const few = new Float64Array(BLOCKS);

/** Of the first `count` values. So few are sorted faster in place than by a call, and leave nothing behind. */
function medianOfFew(values: Float64Array, count: number): number {
  for (let i = 0; i < count; i += 1) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (few[at - 1] as number) > value; at -= 1) few[at] = few[at - 1] as number;
    few[at] = value;
  }
  const middle = count >> 1;
  return count % 2 === 1 ? (few[middle] as number) : ((few[middle - 1] as number) + (few[middle] as number)) / 2;
}

/** simple-statistics is declared for plain arrays, but reads a typed one as well. */
function sortedMedian(sorted: Float64Array): number {
  return medianSorted(sorted as unknown as number[]);
}
