import { encodePlan } from '../codec/plan/probe-plan-text.js';
import { CodedError } from '../model/errors.js';
import type { ProbePlan } from '../model/plan.js';
import { type HelperFailure, HelperRun } from '../transports/helper-run.js';
import type { Transport } from '../transports/transport.js';
import type { Engine } from './engine.js';

/** Failures that another command line would not have; all others are of the machine. */
const WRONG_USE = new Set(['E_PLAN', 'E_RATE_LIMIT', 'E_ADDRESS', 'E_ENGINE']);

/** Probes through `rxray-prober`, wherever the transport starts it. */
export function createHelperEngine(transport: Transport): Engine {
  return {
    name: 'helper',
    start: (plan) =>
      new HelperRun(transport, 'rxray-prober', encodePlan(plan), (failure) => toError(failure, plan, transport)),
    behind: (replace) => createHelperEngine(replace(transport)),
  };
}

function toError(failure: HelperFailure, plan: ProbePlan, transport: Transport): CodedError {
  const path = failure.path === undefined ? undefined : plan.paths[failure.path];
  const where = path === undefined ? '' : `${path.name}: `;
  const place = transport.place === 'this host' ? '' : ` (${transport.place})`;
  const exitCode = WRONG_USE.has(failure.code) ? 2 : 4;
  return new CodedError(failure.code, `${where}${failure.message}${place}`, failure.remedy, exitCode);
}
