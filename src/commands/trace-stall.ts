import { startTracer } from '../kernel/tracer.js';
import type { Io } from './io.js';
import { type TraceScope, traceTransport } from './trace-scope.js';

export interface TraceStallOptions extends TraceScope {
  readonly minNs: number;
}

/** `rxray trace stall`: who keeps received packets waiting. */
export async function traceStall(options: TraceStallOptions, io: Io): Promise<number> {
  const run = startTracer(traceTransport(options), {
    questions: [{ question: 'stall', minNs: options.minNs }],
    ...(options.cpus === undefined ? {} : { cpus: options.cpus }),
    ...(options.durationNs === undefined ? {} : { durationNs: options.durationNs }),
  });
  io.stop.addEventListener('abort', () => run.stop(), { once: true });
  for await (const event of run.events) {
    if (event.kind === 'kernel') await io.out(`${JSON.stringify(event.event)}\n`);
  }
  return 0;
}
