import { startTracer } from '../../kernel/tracer.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { TracePlan } from '../../model/trace-plan.js';
import type { Transport } from '../../transports/transport.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';

export interface TraceRunOptions {
  /** Resolves when there is nothing to trace any more. */
  readonly until?: Promise<unknown> | undefined;
  take(event: EngineEvent): Promise<void>;
}

/**
 * Runs a tracer to its end, which the user or the plan decides.
 *
 * @returns the exit status as far as the run itself decides it: EXIT.system where the tracer died
 */
export async function runTrace(
  transport: Transport,
  plan: TracePlan,
  options: TraceRunOptions,
  io: Io,
): Promise<number> {
  let status: number = EXIT.completed;
  const run = startTracer(transport, plan);
  const stop = (): void => run.stop();
  io.stop.addEventListener('abort', stop, { once: true });
  if (io.stop.aborted) stop();
  options.until?.then(stop, stop);
  try {
    for await (const event of run.events) {
      if (event.kind === 'warning') io.err(`warning ${event.code}: ${event.message}\n`);
      if (event.kind === 'end' && event.reason === 'cut-off') status = EXIT.system;
      await options.take(event);
    }
  } finally {
    io.stop.removeEventListener('abort', stop);
    await transport.close?.();
  }
  return status;
}
