import {
  ARRIVAL_TIMES,
  CLOCK_TIMES,
  COUNTERS_TIMES,
  CPU_GAP_TIMES,
  END_TIMES,
  PAUSE_TIMES,
  SAMPLE_TIMES,
  SOFTNET_TIMES,
  THREAD_DELAY_TIMES,
} from '../../codec/frames.gen.js';
import type { EngineEvent } from '../../model/engine-event.js';

type Kind = EngineEvent['kind'];

/** Of each kind of event with one record: where the record stands in it, and which fields of it are instants. */
const RECORDS: { readonly [K in Kind]?: readonly [part: string, times: readonly string[]] } = {
  pause: ['pause', PAUSE_TIMES],
  counters: ['counters', COUNTERS_TIMES],
  clock: ['clock', CLOCK_TIMES],
  'cpu-gap': ['gap', CPU_GAP_TIMES],
  'thread-delay': ['delay', THREAD_DELAY_TIMES],
  softnet: ['softnet', SOFTNET_TIMES],
};

/**
 * An event of one vantage on the time line of the whole run. The columns of samples are changed in place, as they
 * have no other reader.
 *
 * @param byNs what is added to every instant
 */
export function rebase(event: EngineEvent, byNs: number): EngineEvent {
  switch (event.kind) {
    case 'samples':
      for (const name of SAMPLE_TIMES) shiftColumn(event.samples[name], event.samples.length, byNs);
      return event;
    case 'arrivals':
      for (const name of ARRIVAL_TIMES) shiftColumn(event.arrivals[name], event.arrivals.length, byNs);
      return event;
    case 'start':
      return { ...event, epochRealNs: event.epochRealNs - BigInt(byNs), epochMonoNs: event.epochMonoNs - BigInt(byNs) };
    case 'end':
      return shifted(event, END_TIMES, byNs);
    default: {
      const [part, times] = RECORDS[event.kind] ?? [];
      if (part === undefined || times === undefined) return event;
      const record = (event as unknown as Readonly<Record<string, Readonly<Record<string, number>>>>)[part];
      return record === undefined ? event : { ...event, [part]: shifted(record, times, byNs) };
    }
  }
}

function shiftColumn(column: Float64Array, length: number, byNs: number): void {
  for (let index = 0; index < length; index += 1) column[index] = (column[index] ?? 0) + byNs;
}

function shifted<T extends object>(record: T, times: readonly string[], byNs: number): T {
  const values = record as Readonly<Record<string, unknown>>;
  return { ...record, ...Object.fromEntries(times.map((name) => [name, Number(values[name]) + byNs])) };
}
