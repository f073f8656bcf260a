import { END_REASONS } from '../model/end-reason.js';
import type { EngineEvent, Pause, ThreadDelay } from '../model/engine-event.js';
import { type Fields, type FieldValues, readRecord, UNKNOWN_CPU, UNKNOWN_INDEX, writeRecord } from './field.js';
import {
  CLOCK_FIELDS,
  CLOCK_LAYOUT,
  COUNTERS_FIELDS,
  COUNTERS_LAYOUT,
  CPU_GAP_FIELDS,
  CPU_GAP_FLAGS,
  CPU_GAP_LAYOUT,
  END_FIELDS,
  END_LAYOUT,
  PATH_TOTALS_FIELDS,
  PATH_TOTALS_LAYOUT,
  PAUSE_CAUSE,
  PAUSE_FIELDS,
  PAUSE_LAYOUT,
  SOFTNET_FIELDS,
  SOFTNET_LAYOUT,
  THREAD_DELAY_FIELDS,
  THREAD_DELAY_LAYOUT,
  THREAD_KIND,
} from './frames.gen.js';

type Damaged = (why: string) => never;
type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { readonly kind: K }>;

export interface RecordLayout {
  readonly type: number;
  readonly bytes: number;
  /** Of the first minor version, where it has grown since. */
  readonly leastBytes?: number;
}

/** An event that is one record of its own: how it is read, and how it is written. */
export interface EventRecord {
  readonly kind: EngineEvent['kind'];
  readonly layout: RecordLayout;
  read(view: DataView, at: number, damaged: Damaged): EngineEvent;
  /** @param event of this kind */
  write(view: DataView, at: number, event: EngineEvent): void;
}

function eventRecord<K extends EngineEvent['kind'], F extends Fields>(
  kind: K,
  layout: RecordLayout,
  fields: F,
  event: (values: FieldValues<F>, damaged: Damaged) => EventOf<K>,
  values: (event: EventOf<K>) => FieldValues<F>,
): EventRecord {
  return {
    kind,
    layout,
    read: (view, at, damaged) => event(readRecord(view, at, fields), damaged),
    write: (view, at, one) => writeRecord(view, at, fields, values(one as EventOf<K>)),
  };
}

const byCode = <Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> =>
  new Map((Object.entries(codes) as [Name, number][]).map(([name, code]) => [code, name]));

const PAUSE_CAUSES = byCode<Pause['cause']>(PAUSE_CAUSE);
const THREAD_KINDS = byCode<ThreadDelay['threadKind']>(THREAD_KIND);
/** A number that is not known is -1 in events. */
const known = (index: number, unknown: number): number => (index === unknown ? -1 : index);
const packed = (index: number, unknown: number): number => (index < 0 ? unknown : index);

/** All that a helper tells in single records; samples, arrivals, texts and what the tracer saw have forms of their own. */
export const EVENT_RECORDS: readonly EventRecord[] = [
  eventRecord(
    'pause',
    PAUSE_LAYOUT,
    PAUSE_FIELDS,
    ({ cause, cpu, ...times }, damaged) => ({
      kind: 'pause',
      pause: {
        ...times,
        cause: PAUSE_CAUSES.get(cause) ?? damaged(`pause cause ${cause}`),
        cpu: known(cpu, UNKNOWN_CPU),
      },
    }),
    ({ pause }) => ({ ...pause, cause: PAUSE_CAUSE[pause.cause], cpu: packed(pause.cpu, UNKNOWN_CPU) }),
  ),
  eventRecord(
    'cpu-gap',
    CPU_GAP_LAYOUT,
    CPU_GAP_FIELDS,
    ({ flags, ...gap }) => ({
      kind: 'cpu-gap',
      gap: {
        ...gap,
        servesInterface: (flags & CPU_GAP_FLAGS.servesInterface) !== 0,
        realtime: (flags & CPU_GAP_FLAGS.realtime) !== 0,
      },
    }),
    ({ gap: { servesInterface, realtime, ...gap } }) => ({
      ...gap,
      flags: (servesInterface ? CPU_GAP_FLAGS.servesInterface : 0) | (realtime ? CPU_GAP_FLAGS.realtime : 0),
    }),
  ),
  eventRecord(
    'thread-delay',
    THREAD_DELAY_LAYOUT,
    THREAD_DELAY_FIELDS,
    ({ kind, cpu, queue, ...delay }, damaged) => ({
      kind: 'thread-delay',
      delay: {
        ...delay,
        threadKind: THREAD_KINDS.get(kind) ?? damaged(`thread kind ${kind}`),
        cpu: known(cpu, UNKNOWN_INDEX),
        queue: known(queue, UNKNOWN_INDEX),
      },
    }),
    ({ delay: { threadKind, cpu, queue, ...delay } }) => ({
      ...delay,
      kind: THREAD_KIND[threadKind],
      cpu: packed(cpu, UNKNOWN_INDEX),
      queue: packed(queue, UNKNOWN_INDEX),
    }),
  ),
  eventRecord(
    'softnet',
    SOFTNET_LAYOUT,
    SOFTNET_FIELDS,
    (softnet) => ({ kind: 'softnet', softnet }),
    ({ softnet }) => softnet,
  ),
  eventRecord(
    'counters',
    COUNTERS_LAYOUT,
    COUNTERS_FIELDS,
    (counters) => ({ kind: 'counters', counters }),
    ({ counters }) => counters,
  ),
  eventRecord(
    'clock',
    CLOCK_LAYOUT,
    CLOCK_FIELDS,
    (clock) => ({ kind: 'clock', clock }),
    ({ clock }) => clock,
  ),
  eventRecord(
    'path-totals',
    PATH_TOTALS_LAYOUT,
    PATH_TOTALS_FIELDS,
    (totals) => ({ kind: 'path-totals', totals }),
    ({ totals }) => totals,
  ),
  eventRecord(
    'end',
    END_LAYOUT,
    END_FIELDS,
    ({ timeNs, reason }, damaged) => ({
      kind: 'end',
      timeNs,
      reason: END_REASONS[reason] ?? damaged(`end reason ${reason}`),
    }),
    ({ timeNs, reason }) => ({ timeNs, reason: END_REASONS.indexOf(reason) }),
  ),
];
