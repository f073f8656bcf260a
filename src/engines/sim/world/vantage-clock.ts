import type { Vantage } from '../scenario/scenario.js';

/** Turns the time of the scenario into that of one run, which counts from its own start, and back. */
export class VantageClock {
  private readonly rate: number;

  constructor(private readonly vantage: Vantage) {
    this.rate = 1 + vantage.clock.skewPpm / 1e6;
  }

  /** Instant of the run, by the vantage's clock, at an instant of the scenario. */
  toRun(scenarioNs: number): number {
    return Math.round((scenarioNs - this.vantage.startsAtNs) * this.rate);
  }

  /** Instant of the scenario at an instant of the run. */
  toScenario(runNs: number): number {
    return this.vantage.startsAtNs + Math.round(runNs / this.rate);
  }
}
