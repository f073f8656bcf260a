import { packageVersion } from '../../installation/version.js';
import type { EndReason } from '../../model/end-reason.js';
import type { TracerCost, TracerHello, WaitTotals } from '../../model/kernel-event.js';
import { SCHEMA } from '../../model/records/run.js';
import type { TraceQuality, TraceRun } from '../../model/records/trace.js';

/** The first record of a trace. */
export function traceRun(
  command: string,
  hello: TracerHello,
  epochRealNs: bigint,
  options: Readonly<Record<string, unknown>>,
): TraceRun {
  return {
    type: 'run',
    schema: SCHEMA,
    version: packageVersion(),
    command,
    epochNs: String(epochRealNs),
    clock: 'CLOCK_MONOTONIC of the traced machine',
    host: hello.host,
    options: { ...options },
    netns: hello.netns,
    hooks: hello.questions.flatMap(({ question, flavour, hooks }) =>
      hooks.map((hook) => ({ question, flavour, ...hook })),
    ),
  };
}

/** The last record of a trace. */
export function traceQuality(
  cost: TracerCost | undefined,
  totals: readonly WaitTotals[],
  lostOnTheWay: number,
  end: { readonly timeNs: number; readonly reason: EndReason },
): TraceQuality {
  const counted = cost?.bpfCounted === true;
  return {
    type: 'trace-quality',
    lengthNs: end.timeNs,
    bpfRunNs: counted ? cost.bpfRunNs : null,
    bpfRuns: counted ? cost.bpfRuns : null,
    cpuNs: cost === undefined ? 0 : cost.cpuUserNs + cost.cpuSystemNs,
    residentBytes: cost?.residentBytes ?? 0,
    recursionMisses: cost?.recursionMisses ?? 0,
    lostEvents: cost?.lostEvents ?? 0,
    droppedRecords: Math.max(cost?.droppedRecords ?? 0, lostOnTheWay),
    waits: totals.map(({ cpu, waits, longestNs }) => ({ cpu, waits, longestNs })),
    end: end.reason,
  };
}
