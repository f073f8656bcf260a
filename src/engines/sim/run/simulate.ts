import type { EngineEvent } from '../../../model/engine-event.js';
import { CodedError } from '../../../model/errors.js';
import type { ProbePlan } from '../../../model/plan.js';
import type { Injection } from '../faults/injection.js';
import type { Scenario } from '../scenario/scenario.js';
import { SimRun } from './sim-run.js';

/**
 * The events of one run, made as they are asked for; without end where the plan has none.
 * @param vantage name in the scenario; without it the first
 * @throws CodedError at the first step, as an engine does
 */
export function* simulateRun(
  scenario: Scenario,
  plan: ProbePlan,
  vantage?: string,
): Generator<EngineEvent, void, undefined> {
  yield* new SimRun(scenario, plan, { vantage }).events();
}

/** A whole run and what was injected into it. */
export interface Simulation {
  readonly events: readonly EngineEvent[];
  /** By start, in the time of the scenario; that of the run, where the vantage starts at 0 with an exact clock. */
  readonly truth: readonly Injection[];
}

/**
 * Runs a plan that ends to its end.
 * @throws CodedError E_PLAN where it has no end
 */
export function simulate(scenario: Scenario, plan: ProbePlan, vantage?: string): Simulation {
  if (plan.count === 0 && plan.durationNs === 0)
    throw new CodedError('E_PLAN', 'a plan without an end', 'Give it a count or a duration.', 2);
  const run = new SimRun(scenario, plan, { vantage, remember: true });
  const events = [...run.events()];
  return { events, truth: run.injections() };
}
