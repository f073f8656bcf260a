import type { SampleRecord } from '../../model/records/run.js';
import {
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  OUTCOMES,
  Outcomes,
  REPLIES,
  routerOf,
  type SampleColumns,
  SampleFlags,
} from '../../model/sample.js';

const FLAG_NAMES = Object.entries(SampleFlags).filter(([name]) => name !== 'freshFlow');

/** Sample `index` of the columns as the object that stands in NDJSON. */
export function toSampleRecord(samples: SampleColumns, index: number, pathNames: readonly string[]): SampleRecord {
  const outcome = samples.outcome[index] ?? Outcomes.lost;
  const reply = REPLIES[samples.reply[index] ?? 0] ?? 'none';
  const flow = samples.flow[index] ?? 0;
  const flags = samples.flags[index] ?? 0;
  const rttNs = samples.rttNs[index] ?? -1;
  const ttl = samples.ttl[index] ?? 0;
  const txDelayNs = samples.txDelayNs[index] ?? 0;
  const router = routerOf(samples, index);
  return {
    type: 'sample',
    path: pathNames[samples.path[index] ?? 0] ?? '?',
    seq: sequence(samples, index),
    flow: flow === FRESH_FLOW ? null : flow,
    due: samples.dueNs[index] ?? 0,
    sent: samples.sentNs[index] ?? 0,
    outcome: OUTCOMES[outcome] ?? 'lost',
    ...(reply === 'none' ? {} : { reply }),
    ...(rttNs < 0 ? {} : { rttNs }),
    ...(ttl === 0 ? {} : { ttl }),
    ...(txDelayNs === 0 ? {} : { txDelayNs }),
    ...(outcome === Outcomes.error
      ? { icmpType: samples.icmpType[index] ?? 0, icmpCode: samples.icmpCode[index] ?? 0 }
      : {}),
    ...(router === undefined ? {} : { router }),
    ...(outcome === Outcomes.sendFailed ? { errno: samples.errorCode[index] ?? 0 } : {}),
    ...((flags & ~SampleFlags.freshFlow) === 0
      ? {}
      : { flags: FLAG_NAMES.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name) }),
  };
}

/** The number people see: on its own count, fixed flows and fresh ports alike. */
export function sequence(samples: SampleColumns, index: number): number {
  return (samples.seq[index] ?? 0) & ~FRESH_SEQ_BIT;
}
