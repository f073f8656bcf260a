import { formatLength } from '../../format/duration.js';
import type { TraceQuality } from '../../model/records/trace.js';

/** What the trace itself took, and whether anything is missing from it. */
export function traceEndText(quality: TraceQuality): string {
  // Ended from outside, it last told of itself some time before: there is nothing to compare with.
  if (quality.end === 'cut-off') {
    return `the tracer was ended from outside after ${formatLength(quality.lengthNs)} or a little more: what came then is not known\n`;
  }
  const lost = quality.lostEvents + quality.droppedRecords;
  const share = (ns: number): string => `${((100 * ns) / Math.max(1, quality.lengthNs)).toFixed(2)} % of a CPU`;
  const bpf = quality.bpfRunNs === null ? 'not counted' : share(quality.bpfRunNs);
  return [
    `traced ${formatLength(quality.lengthNs)}; BPF programs took ${bpf}, the tracer itself ${share(quality.cpuNs)}`,
    `; ${lost === 0 ? 'nothing lost' : `${lost} events LOST`}\n`,
  ].join('');
}
