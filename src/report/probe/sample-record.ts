import type { RequestRecord, SampleRecord } from '../../model/records/run.js';
import type { TimedPhase } from '../../model/request.js';
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
    ...requestOf(samples, index),
  };
}

/** The number people see: on its own count, fixed flows and fresh ports alike. */
export function sequence(samples: SampleColumns, index: number): number {
  return (samples.seq[index] ?? 0) & ~FRESH_SEQ_BIT;
}

/** How a request spent its time, and what it took from the instant at which it was due. */
function requestOf(samples: SampleColumns, index: number): { request?: RequestRecord } {
  const detail = samples.requests?.get(index);
  if (detail === undefined) return {};
  const { phases, reached, status, bytes, reused, retried, kernelStamps, queries, unanswered, failure } = detail;
  const named = Object.entries(phases).map(([phase, ns]) => [PHASE_FIELDS[phase as TimedPhase], Math.round(ns)]);
  const rttNs = samples.rttNs[index] ?? -1;
  const lateBy = (samples.sentNs[index] ?? 0) - (samples.dueNs[index] ?? 0);
  return {
    request: {
      ...(rttNs < 0 ? {} : { latencyNs: lateBy + rttNs }),
      ...Object.fromEntries(named),
      reached,
      ...(status === undefined ? {} : { status }),
      bytes,
      ...(reused ? { reused } : {}),
      ...(retried ? { retried } : {}),
      ...(kernelStamps === true ? { answerStamps: 'kernel' as const } : {}),
      ...(queries === undefined ? {} : { queries, unanswered }),
      ...(failure === undefined ? {} : { failure }),
    },
  };
}

const PHASE_FIELDS: Readonly<Record<TimedPhase, keyof RequestRecord>> = {
  dns: 'dnsNs',
  connect: 'connectNs',
  tls: 'tlsNs',
  'first-byte': 'firstByteNs',
  body: 'bodyNs',
};
