import { MS } from '../../src/model/time.js';
import { seeded } from '../detect/build-stream.js';

/** Random choices of one scenario. */
export class Pick {
  readonly #random: () => number;

  constructor(
    seed: number,
    readonly queues: number,
  ) {
    this.#random = seeded(seed);
  }

  unit(): number {
    return this.#random();
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  between(least: number, most: number): number {
    return Math.round(least + this.#random() * (most - least));
  }

  /** 20 to 500 ms long, every 0.4 to 3 s. */
  timing(): object {
    const shortest = this.between(20, 200);
    const longest = Math.min(500, shortest + this.between(10, 300));
    const period = Math.max(400, longest + 50);
    return { length: [shortest * MS, longest * MS], period: [period * MS, Math.max(3_000, period) * MS] };
  }
}
