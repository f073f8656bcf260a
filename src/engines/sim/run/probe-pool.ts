import { allocateSamples, copySample } from '../../../model/sample.js';

/** Probes under way, each at an index of its own until it is released. */
export class ProbePool {
  columns = allocateSamples(256);
  /** Outcome reported before a late answer. */
  readonly said: number[] = [];
  /** How long its connection took to open; -1 where it opened none. */
  readonly opens: number[] = [];
  private readonly free: number[] = [];
  private used = 0;

  take(): number {
    const reused = this.free.pop();
    if (reused !== undefined) return reused;
    if (this.used === this.columns.length) this.grow();
    return this.used++;
  }

  release(index: number): void {
    this.free.push(index);
  }

  private grow(): void {
    const larger = allocateSamples(this.columns.length * 2);
    for (let i = 0; i < this.columns.length; i++) copySample(this.columns, i, larger, i);
    this.columns = larger;
  }
}
