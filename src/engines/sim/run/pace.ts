import { setTimeout as sleep } from 'node:timers/promises';

/** Lets virtual time pass no faster than a clock, times a factor, from its creation. */
export class Pace {
  private readonly startMs = performance.now();
  private readonly ended = new AbortController();

  constructor(private readonly factor: number) {}

  /** Resolves when that much virtual time has passed since the start. */
  async reach(virtualNs: number): Promise<void> {
    const waitMs = virtualNs / 1e6 / this.factor - (performance.now() - this.startMs);
    if (waitMs <= 0 || this.ended.signal.aborted) return;
    // A stop needs no waking: counters come every second of the run, so no wait is longer.
    await sleep(waitMs, undefined, { signal: this.ended.signal }).catch(() => undefined);
  }

  /** Ends all waiting. */
  end(): void {
    this.ended.abort();
  }
}
