import type { Fault, FaultStage } from './fault-schema.js';
import type { FaultWindow } from './window.js';

/** What one window of a fault did, for comparing with what was found. Instants in the time of the scenario. */
export interface Injection {
  /** Index in the scenario's list; with `window` it names the same event in the runs of all vantages. */
  readonly fault: number;
  readonly window: number;
  readonly kind: Fault['kind'];
  /** `sender` for a pause of the prober. */
  readonly stage: FaultStage;
  /** Null where the fault is anywhere, or only given by its ends. */
  readonly machine: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Receive queues held, in the order of their release; null for all. */
  readonly queues: readonly number[] | null;
  readonly startNs: number;
  /** Cut at the end of the run where it would go on. */
  readonly lengthNs: number;
  /** Per path with a probe that was delayed or dropped. */
  readonly held: readonly {
    readonly path: string;
    /** Ascending; FRESH_FLOW stands for all fresh ones. */
    readonly flows: readonly number[];
    /** Crossings that were delayed or dropped: a probe held on both legs counts twice. */
    readonly probes: number;
  }[];
}

export function injectionOf(
  fault: Fault,
  index: number,
  window: FaultWindow,
  pathNames: readonly string[],
  endNs: number,
): Injection {
  const place = fault.kind === 'pause' ? undefined : fault;
  return {
    fault: index,
    window: window.index,
    kind: fault.kind,
    stage: place?.stage ?? 'sender',
    machine: fault.machine ?? null,
    from: place?.from ?? null,
    to: place?.to ?? null,
    queues: window.queues,
    startNs: window.startNs,
    lengthNs: (Number.isFinite(window.endNs) ? window.endNs : Math.max(endNs, window.startNs)) - window.startNs,
    held: [...(window.held ?? [])]
      .sort(([a], [b]) => a - b)
      .map(([path, { flows, probes }]) => ({
        path: pathNames[path] ?? String(path),
        flows: [...flows].sort((a, b) => a - b),
        probes,
      })),
  };
}
