import type { EngineEvent } from '../model/engine-event.js';
import type { EngineName } from '../model/engine-name.js';
import type { ProbePlan } from '../model/plan.js';
import type { Transport } from '../transports/transport.js';

/** What sends probes and says how each ended. Adapters are named after it: `helper-engine.ts`. */
export interface Engine {
  readonly name: EngineName;

  /**
   * Starts probing at once. A failure of the environment (no privilege, no route) rejects the first
   * `next()` of the events with a CodedError; a failure of a probe is a sample.
   */
  start(plan: ProbePlan): ProbeRun;

  /** Where a helper does the work: the same engine, its transport replaced. */
  behind?(replace: (transport: Transport) => Transport): Engine;
}

/** One run under way. */
export interface ProbeRun {
  /** In order, ending after the `end` event; to be read by one reader. */
  readonly events: AsyncIterable<EngineEvent>;
  /** Asks for a clean end; the events go on until `end`. Further calls do nothing. */
  stop(): void;
}
