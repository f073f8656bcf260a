/** The least of the values of the last so many steps of time, in constant memory: a value for each step. */
export class SlidingMinimum {
  readonly #least: Float64Array;
  #step = Number.NEGATIVE_INFINITY;
  #minimum = Number.POSITIVE_INFINITY;

  constructor(
    private readonly stepNs: number,
    steps: number,
  ) {
    this.#least = new Float64Array(steps).fill(Number.POSITIVE_INFINITY);
  }

  /** Of the steps up to the latest value; infinite before the first. */
  get minimum(): number {
    return this.#minimum;
  }

  /** @param timeNs values of a step that is over still count for it */
  push(timeNs: number, value: number): void {
    const step = Math.floor(timeNs / this.stepNs);
    const steps = this.#least.length;
    if (step > this.#step) {
      const passed = Math.min(step - this.#step, steps);
      for (let i = 0; i < passed; i += 1)
        this.#least[(((step - i) % steps) + steps) % steps] = Number.POSITIVE_INFINITY;
      this.#step = step;
      this.#minimum = Math.min(...this.#least);
    }
    if (step <= this.#step - steps) return;
    const at = ((step % steps) + steps) % steps;
    if (value < (this.#least[at] as number)) this.#least[at] = value;
    if (value < this.#minimum) this.#minimum = value;
  }
}
