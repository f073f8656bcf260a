import type { SampleColumns } from '../model/sample.js';

/** Fewer samples are hardly several of a path: they are taken as they come. */
const LEAST = 64;

/**
 * Sorts the samples of a batch by path, each path's in their order. What is known of a path is spread over some dozens of
 * cache lines; with a thousand paths they are fetched anew for each sample that is taken as it comes, and once for all
 * samples of a path that are taken together.
 */
export class SamplesByPath {
  /** By path, its first sample of the batch; -1 for none. Always all -1 between two calls. */
  #first = new Int32Array(0);
  /** By sample, the next one of the same path; -1 for none. */
  #next = new Int32Array(0);
  readonly #paths: number[] = [];

  /**
   * Calls back for each sample from `from` to `to`.
   *
   * @param paths number of paths; samples of others are left out
   */
  each({ path, length }: SampleColumns, from: number, to: number, paths: number, take: Take): void {
    if (paths < 2 || to - from < LEAST) {
      for (let i = from; i < to; i += 1) if ((path[i] as number) < paths) take(path[i] as number, i);
      return;
    }
    this.#makeRoom(paths, length);
    const [first, next, touched] = [this.#first, this.#next, this.#paths];
    for (let i = to - 1; i >= from; i -= 1) {
      const of = path[i] as number;
      if (of >= paths) continue;
      const after = first[of] as number;
      if (after < 0) touched.push(of);
      next[i] = after;
      first[of] = i;
    }
    for (const of of touched) {
      for (let i = first[of] as number; i >= 0; i = next[i] as number) take(of, i);
      first[of] = -1;
    }
    touched.length = 0;
  }

  #makeRoom(paths: number, samples: number): void {
    if (paths > this.#first.length) this.#first = new Int32Array(2 * paths).fill(-1);
    if (samples > this.#next.length) this.#next = new Int32Array(samples);
  }
}

type Take = (path: number, sample: number) => void;
