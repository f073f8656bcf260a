import { encodeTracePlan } from '../codec/plan/trace-plan-text.js';
import type { EngineEvent } from '../model/engine-event.js';
import { CodedError } from '../model/errors.js';
import type { TracePlan } from '../model/trace-plan.js';
import { HelperRun } from '../transports/helper-run.js';
import type { Transport } from '../transports/transport.js';

/** A tracer at work: `start` comes first, then the hello as a `kernel` event, `end` last. */
export interface TraceRun {
  readonly events: AsyncIterable<EngineEvent>;
  stop(): void;
}

/** Traces by `rxray-tracer`, wherever the transport starts it. */
export function startTracer(transport: Transport, plan: TracePlan): TraceRun {
  const place = transport.place === 'this host' ? '' : ` (${transport.place})`;
  return new HelperRun(
    transport,
    'rxray-tracer',
    encodeTracePlan(plan),
    ({ code, message, remedy }) => new CodedError(code, `${message}${place}`, remedy, code === 'E_PLAN' ? 2 : 4),
  );
}
