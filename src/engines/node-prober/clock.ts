import { MS } from '../../model/time.js';

/** Time enough for the first slot to be waited for like any other. */
const START_IN_NS = 60n * BigInt(MS);

/** The clock of a run: nanoseconds since its epoch, read in user space from CLOCK_MONOTONIC. */
export class Clock {
  #epochMonoNs = process.hrtime.bigint();
  #epochRealNs = 0n;
  #realMinusMonoNs = 0n;

  /**
   * Sets the epoch, a little ahead, or to that of another prober, which has begun.
   * @returns when the first slot may be, since the epoch
   */
  start(epochMonoNs?: string): number {
    this.#realMinusMonoNs = realMinusMono();
    const soonNs = process.hrtime.bigint() + START_IN_NS;
    this.#epochMonoNs = epochMonoNs === undefined ? soonNs : BigInt(epochMonoNs);
    this.#epochRealNs = this.#epochMonoNs + this.#realMinusMonoNs;
    return Math.max(0, Number(soonNs - this.#epochMonoNs));
  }

  get epochMonoNs(): bigint {
    return this.#epochMonoNs;
  }

  /** CLOCK_REALTIME at the epoch, as read at the start. */
  get epochRealNs(): bigint {
    return this.#epochRealNs;
  }

  nowNs(): number {
    return Number(process.hrtime.bigint() - this.#epochMonoNs);
  }

  /** How far CLOCK_REALTIME has moved against CLOCK_MONOTONIC since the start, to a millisecond. */
  driftNs(): number {
    const real = BigInt(Date.now()) * BigInt(MS);
    const drift = real - process.hrtime.bigint() - this.#realMinusMonoNs;
    return Number(drift) + MS / 2;
  }
}

/** JavaScript tells the wall clock in whole milliseconds, so it is read at the moment when one begins. */
function realMinusMono(): bigint {
  const before = Date.now();
  for (;;) {
    const real = Date.now();
    const mono = process.hrtime.bigint();
    if (real !== before) return BigInt(real) * BigInt(MS) - mono;
  }
}
