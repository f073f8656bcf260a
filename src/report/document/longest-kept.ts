import type { Kept } from './report-document.js';

/** Keeps the weightiest of a stream, so many at most. */
export class LongestKept<T> {
  #items: { item: T; weight: number }[] = [];
  #seen = 0;
  /** Lighter ones are passed over once there are enough. */
  #least = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly most: number,
    private readonly weightOf: (item: T) => number,
    private readonly timeOf: (item: T) => number,
  ) {}

  add(item: T): void {
    this.#seen += 1;
    const weight = this.weightOf(item);
    if (weight <= this.#least) return;
    this.#items.push({ item, weight });
    if (this.#items.length >= 2 * this.most) this.#cut();
  }

  kept(): Kept<T> {
    this.#cut();
    const shown = this.#items.map(({ item }) => item).sort((a, b) => this.timeOf(a) - this.timeOf(b));
    return { shown, leftOut: this.#seen - shown.length };
  }

  #cut(): void {
    if (this.#items.length <= this.most) return;
    this.#items = this.#items.sort((a, b) => b.weight - a.weight).slice(0, this.most);
    this.#least = this.#items.at(-1)?.weight ?? Number.NEGATIVE_INFINITY;
  }
}
