import { MS, SECOND } from '../../../model/time.js';

/** A clock that goes back by more than this was set; less is the order in which CPUs hand packets over. */
const STEP_NS = 100 * MS;
/** No capture is idle for so long: a clock that began in 1970 was set. Instants stay exact for 100 days only. */
const STEP_AHEAD_NS = 60 * 86_400 * SECOND;
/** What time goes on by at such a step. */
const AFTER_STEP_NS = 1 * SECOND;

/** The time of a capture, which only goes on: where its clock was set, it goes on near where it was. */
export class CaptureClock {
  /** Latest instant. */
  nowNs = Number.NEGATIVE_INFINITY;
  /** Added to stamps since the clock was set. */
  #aheadNs = 0;

  /** @param onStep called where the clock was set, before time goes on */
  constructor(private readonly onStep: () => void) {}

  /** The instant of a packet on the time line of the capture. */
  take(stampNs: number): number {
    const timeNs = stampNs + this.#aheadNs;
    if (timeNs > this.nowNs) {
      if (timeNs <= this.nowNs + STEP_AHEAD_NS || this.nowNs === Number.NEGATIVE_INFINITY) {
        this.nowNs = timeNs;
        return timeNs;
      }
      return this.#stepTo(timeNs, this.nowNs + AFTER_STEP_NS);
    }
    return timeNs < this.nowNs - STEP_NS ? this.#stepTo(timeNs, this.nowNs) : timeNs;
  }

  #stepTo(timeNs: number, goesOnAtNs: number): number {
    this.onStep();
    this.#aheadNs += goesOnAtNs - timeNs;
    this.nowNs = goesOnAtNs;
    return goesOnAtNs;
  }
}
