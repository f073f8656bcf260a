import type { EngineEvent } from '../../model/engine-event.js';
import { SECOND } from '../../model/time.js';

/** Turns instants of one helper's run into seconds since 1970 by the machine's present clock, and between runs. */
export class RunClock {
  #epochRealNs = 0;
  #epochMonoNs = 0;
  #driftNs = 0;
  #lastNs = 0;
  #steps = 0;

  /** Steps of the wall clock in this run. */
  get steps(): number {
    return this.#steps;
  }

  /** The latest instant that was heard of. */
  get lastNs(): number {
    return this.#lastNs;
  }

  take(event: EngineEvent): void {
    if (event.kind === 'start') {
      this.#epochRealNs = Number(event.epochRealNs);
      this.#epochMonoNs = Number(event.epochMonoNs);
      this.#driftNs = 0;
      this.#lastNs = 0;
    }
    if (event.kind === 'clock') {
      this.#driftNs = event.clock.realDriftNs;
      if (event.clock.stepNs !== 0) this.#steps += 1;
    }
    const timeNs = event.kind === 'clock' ? event.clock.timeNs : event.kind === 'counters' ? event.counters.timeNs : 0;
    this.#lastNs = Math.max(this.#lastNs, timeNs);
  }

  /** Goes by the clocks of another run from now on, with the epoch of the first that it followed. */
  follow(run: RunClock): void {
    if (this.#epochMonoNs === 0) {
      this.#epochRealNs = run.#epochRealNs;
      this.#epochMonoNs = run.#epochMonoNs;
    }
    const ahead = run.#epochRealNs - this.#epochRealNs - (run.#epochMonoNs - this.#epochMonoNs);
    this.#driftNs = run.#driftNs + ahead;
    this.#lastNs = Math.max(this.#lastNs, run.inRunOf(this, run.#lastNs));
  }

  /** @param timeNs since the epoch of the run */
  unixSeconds(timeNs: number): number {
    return (this.#epochRealNs + this.#driftNs + timeNs) / SECOND;
  }

  /** CLOCK_MONOTONIC. */
  monoNs(timeNs: number): number {
    return this.#epochMonoNs + timeNs;
  }

  /** The same instant in another run's time. */
  inRunOf(other: RunClock, timeNs: number): number {
    return this.monoNs(timeNs) - other.#epochMonoNs;
  }
}
