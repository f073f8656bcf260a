import { localTransport } from '../transports/local-transport.js';
import { netnsTransport } from '../transports/netns-transport.js';
import type { Transport } from '../transports/transport.js';

/** Where and how long to trace: of every question. */
export interface TraceScope {
  readonly netns?: string;
  readonly cpus?: string;
  readonly durationNs?: number;
  readonly json: boolean;
}

/** A tracer keeps to the network namespace that it is started in. */
export function traceTransport(scope: TraceScope): Transport {
  return scope.netns === undefined ? localTransport : netnsTransport(scope.netns);
}
