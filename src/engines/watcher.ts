import { encodeWatchPlan } from '../codec/plan/watch-plan-text.js';
import { CodedError } from '../model/errors.js';
import type { WatchPlan } from '../model/watch.js';
import { HelperRun } from '../transports/helper-run.js';
import type { Transport } from '../transports/transport.js';
import type { ProbeRun } from './engine.js';

/**
 * Looks on where probes arrive, beside the engine that sends them: which of them came in and which replies went out,
 * and what the machine itself says about its receiving. It never sends.
 */
export interface Watcher {
  /** Starts at once; events and end are those of an engine's run, with `arrivals` instead of `samples`. */
  watch(plan: WatchPlan): ProbeRun;
}

/** Watches by `rxray-prober`, wherever the transport starts it. */
export function createWatcher(transport: Transport): Watcher {
  const place = transport.place === 'this host' ? '' : ` (${transport.place})`;
  return {
    watch: (plan) =>
      new HelperRun(transport, 'rxray-prober', encodeWatchPlan(plan), ({ code, message, remedy }) => {
        const usage = code === 'E_PLAN' || code === 'E_INTERFACE';
        return new CodedError(code, `${message}${place}`, remedy, usage ? 2 : 4);
      }),
  };
}
