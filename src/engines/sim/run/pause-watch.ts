import type { Pause } from '../../../model/engine-event.js';
import { noteHeld, type WindowSchedule } from '../faults/window.js';

/** A pause that the prober has met, until it runs again. */
interface Met {
  readonly fromNs: number;
  readonly toNs: number;
  missedSlots: number;
}

/** When the prober of a vantage does not run, and what it notices of that. */
export class PauseWatch {
  private met: Met | undefined;

  /** @param schedules windows in the time of the scenario */
  constructor(private readonly schedules: readonly WindowSchedule[]) {}

  /** When the prober runs that should run at this instant of the scenario. */
  runsAt(scenarioNs: number): number {
    let timeNs = scenarioNs;
    let before: number;
    do {
      before = timeNs;
      for (const schedule of this.schedules) timeNs = schedule.at(timeNs)?.endNs ?? timeNs;
    } while (timeNs !== before);
    return timeNs;
  }

  /**
   * A slot of the grid fell into a pause. Instants of the run.
   * @param missed whether it was not sent at all
   */
  meet(dueNs: number, runsNs: number, missed: boolean): void {
    this.met ??= { fromNs: dueNs, toNs: runsNs, missedSlots: 0 };
    if (missed) this.met.missedSlots++;
  }

  /** Notes for the truth which flow a pause touched, at an instant of the scenario. */
  note(scenarioNs: number, path: number, flow: number): void {
    for (const schedule of this.schedules) {
      const window = schedule.at(scenarioNs);
      if (window !== undefined) noteHeld(window, path, flow);
    }
  }

  /** When the pause under way is over, by the clock of the run; Infinity when there is none. */
  get overNs(): number {
    return this.met?.toNs ?? Number.POSITIVE_INFINITY;
  }

  /** Reports the pause that is over. Only while {@link overNs} is finite. */
  report(): Pause {
    const { fromNs, toNs, missedSlots } = this.met ?? { fromNs: 0, toNs: 0, missedSlots: 0 };
    this.met = undefined;
    return {
      fromNs,
      toNs,
      cause: missedSlots > 0 ? 'missed-slots' : 'late-wake',
      missedSlots,
      runDelayNs: toNs - fromNs,
      stealNs: 0,
      cpu: 0,
    };
  }
}
