import { setImmediate } from 'node:timers/promises';
import type { EngineEvent } from '../model/engine-event.js';
import { CodedError } from '../model/errors.js';
import type { ProbePlan } from '../model/plan.js';
import { MS } from '../model/time.js';
import type { Engine, ProbeRun } from './engine.js';
import { Pace } from './sim/run/pace.js';
import { SimRun, type SimRunOptions } from './sim/run/sim-run.js';
import type { Scenario } from './sim/scenario/scenario.js';

export type { Injection } from './sim/faults/injection.js';
export { simulate, simulateRun } from './sim/run/simulate.js';
export type { Scenario, ScenarioInput } from './sim/scenario/scenario.js';
export { makeScenario, parseScenario } from './sim/scenario/scenario-file.js';

/** How often samples are handed on where somebody watches. */
const WATCHED_FLUSH_NS = 50 * MS;

/**
 * Probes a scenario instead of a network. Engines on one scenario, each with a vantage of it, see one world:
 * the same stalls at the same time.
 *
 * With `speed: virtual` time passes as fast as events are read, and two runs of one scenario and plan give the
 * same events to the bit. With `realtime` it passes as on a clock, times a factor, from the call of `start`.
 *
 * @param vantage name in the scenario; without it the first
 */
export function createSimEngine(scenario: Scenario, vantage?: string): Engine {
  return { name: 'sim', start: (plan) => startRun(scenario, plan, vantage) };
}

function startRun(scenario: Scenario, plan: ProbePlan, vantage: string | undefined): ProbeRun {
  const factor = realtimeFactor(scenario);
  const pace = factor === null ? null : new Pace(factor);
  const options: SimRunOptions =
    factor === null
      ? { vantage }
      : { vantage, flushNs: Math.ceil(WATCHED_FLUSH_NS * factor), epochRealNs: BigInt(Date.now()) * BigInt(MS) };
  let run: SimRun | undefined;
  let stopped = false;
  let read = false;

  async function* events(): AsyncGenerator<EngineEvent, void, undefined> {
    run = new SimRun(scenario, plan, options);
    if (stopped) run.stop();
    try {
      for (const event of run.events()) {
        // Without a turn of the event loop now and then nobody could ever call stop().
        if (pace !== null) await pace.reach(run.nowNs);
        else if (event.kind === 'samples' || event.kind === 'counters') await setImmediate();
        yield event;
      }
    } finally {
      pace?.end();
    }
  }

  return {
    events: {
      [Symbol.asyncIterator]() {
        if (read)
          throw new CodedError('E_SECOND_READER', 'the events of this run are read already', 'Start another run.');
        read = true;
        return events();
      },
    },
    stop() {
      stopped = true;
      run?.stop();
    },
  };
}

function realtimeFactor({ speed }: Scenario): number | null {
  if (speed === 'virtual') return null;
  return speed === 'realtime' ? 1 : speed.realtime;
}
