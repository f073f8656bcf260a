import { REQUEST_PHASES, type RequestDetail, type TimedPhase } from '../model/request.js';
import type { SampleColumns } from '../model/sample.js';
import { readRecord, readText, writeRecord } from './field.js';
import { REQUEST_ARRAYS, REQUEST_FIELDS, REQUEST_FLAGS, REQUEST_LAYOUT } from './frames.gen.js';

const COLUMNS: Readonly<Record<TimedPhase, 'dnsNs' | 'connectNs' | 'tlsNs' | 'firstByteNs' | 'bodyNs'>> = {
  dns: 'dnsNs',
  connect: 'connectNs',
  tls: 'tlsNs',
  'first-byte': 'firstByteNs',
  body: 'bodyNs',
};
const PHASE_COLUMNS = Object.entries(COLUMNS) as [TimedPhase, (typeof COLUMNS)[TimedPhase]][];

/**
 * Phases of requests that wait for their samples. One that is late has two: that it was given up, and that its answer came.
 */
export type PendingRequests = Map<string, RequestDetail[]>;

const keyOf = (path: number, seq: number): string => `${path}/${seq}`;

/** Writes the phases of one request behind `at`. */
export function writeRequest(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  path: number,
  seq: number,
  request: RequestDetail,
): void {
  const { phases, reached, status, reused, retried, failure = '' } = request;
  const phase = (name: TimedPhase): number => phases[name] ?? -1;
  writeRecord(view, at, REQUEST_FIELDS, {
    path,
    seq,
    dnsNs: phase('dns'),
    connectNs: phase('connect'),
    tlsNs: phase('tls'),
    firstByteNs: phase('first-byte'),
    bodyNs: phase('body'),
    bodyBytes: request.bytes,
    // No answer has no status; NOERROR of DNS is an answer, and its code is 0.
    status: status ?? 0,
    reached: REQUEST_PHASES.indexOf(reached),
    flags:
      (reused ? REQUEST_FLAGS.reused : 0) |
      (retried ? REQUEST_FLAGS.retried : 0) |
      (request.kernelStamps === true ? REQUEST_FLAGS.kernelStamps : 0),
    queries: Math.min(request.queries ?? 0, 0xffff),
    unanswered: Math.min(request.unanswered ?? 0, 0xffff),
  });
  const [offset, length] = REQUEST_ARRAYS.failure;
  bytes.set(new TextEncoder().encode(failure).subarray(0, length), at + offset);
}

/** Keeps what a block of requests tells until the samples come. */
export function decodeRequests(view: DataView, recordBytes: number, count: number, pending: PendingRequests): void {
  for (let index = 0, at = 0; index < count; index += 1, at += recordBytes) {
    const record = readRecord(view, at, REQUEST_FIELDS);
    const failure = readText(view, at, REQUEST_ARRAYS.failure);
    const { queries, unanswered, status } = record;
    const phases: Partial<Record<TimedPhase, number>> = {};
    for (const [phase, column] of PHASE_COLUMNS) if (record[column] >= 0) phases[phase] = record[column];
    const reached = REQUEST_PHASES[record.reached] ?? 'done';
    const key = keyOf(record.path, record.seq);
    const request = {
      phases,
      reached,
      ...(status > 0 || (queries > 0 && reached === 'done') ? { status } : {}),
      bytes: record.bodyBytes,
      reused: (record.flags & REQUEST_FLAGS.reused) !== 0,
      retried: (record.flags & REQUEST_FLAGS.retried) !== 0,
      ...((record.flags & REQUEST_FLAGS.kernelStamps) === 0 ? {} : { kernelStamps: true }),
      ...(queries > 0 ? { queries, unanswered } : {}),
      ...(failure === '' ? {} : { failure }),
    };
    pending.set(key, [...(pending.get(key) ?? []), request]);
  }
}

/** The samples with the phases that came before them. */
export function withRequests(samples: SampleColumns, pending: PendingRequests): SampleColumns {
  if (pending.size === 0) return samples;
  const requests = new Map<number, RequestDetail>();
  for (let index = 0; index < samples.length && pending.size > 0; index += 1) {
    const key = keyOf(samples.path[index] ?? 0, samples.seq[index] ?? 0);
    const [request, ...others] = pending.get(key) ?? [];
    if (request === undefined) continue;
    requests.set(index, request);
    if (others.length > 0) pending.set(key, others);
    else pending.delete(key);
  }
  pending.clear();
  return requests.size === 0 ? samples : { ...samples, requests };
}

export const REQUEST_RECORD = REQUEST_LAYOUT;
