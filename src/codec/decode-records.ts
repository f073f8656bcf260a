import { type ArrivalColumns, allocateArrivals } from '../model/arrival.js';
import { END_REASONS } from '../model/end-reason.js';
import type { EngineEvent, Pause, ThreadDelay } from '../model/engine-event.js';
import type { Heard } from '../model/heard.js';
import { allocateSamples, type SampleColumns } from '../model/sample.js';
import { decodeKernelRecord, isKernelRecordType, KERNEL_LAYOUTS } from './decode-kernel.js';
import { parseText } from './decode-text.js';
import { readInteger, readRecord, UNKNOWN_CPU, UNKNOWN_INDEX } from './field.js';
import {
  ARRIVAL_FLAGS,
  ARRIVAL_LAYOUT,
  CLOCK_FIELDS,
  CLOCK_LAYOUT,
  COUNTERS_FIELDS,
  COUNTERS_LAYOUT,
  CPU_GAP_FIELDS,
  CPU_GAP_FLAGS,
  CPU_GAP_LAYOUT,
  END_FIELDS,
  END_LAYOUT,
  HEARD_LAYOUT,
  PATH_TOTALS_FIELDS,
  PATH_TOTALS_LAYOUT,
  PAUSE_CAUSE,
  PAUSE_FIELDS,
  PAUSE_LAYOUT,
  ROUTER_LAYOUT,
  SAMPLE_LAYOUT,
  SOFTNET_FIELDS,
  SOFTNET_LAYOUT,
  TEXT_LAYOUT,
  THREAD_DELAY_FIELDS,
  THREAD_DELAY_LAYOUT,
  THREAD_KIND,
} from './frames.gen.js';
import { ipText } from './ip-text.js';

const LAYOUTS = new Map<number, { readonly bytes: number; readonly leastBytes?: number }>(
  [
    SAMPLE_LAYOUT,
    PAUSE_LAYOUT,
    COUNTERS_LAYOUT,
    CLOCK_LAYOUT,
    TEXT_LAYOUT,
    PATH_TOTALS_LAYOUT,
    END_LAYOUT,
    ARRIVAL_LAYOUT,
    HEARD_LAYOUT,
    CPU_GAP_LAYOUT,
    THREAD_DELAY_LAYOUT,
    SOFTNET_LAYOUT,
    ...KERNEL_LAYOUTS,
  ].map((layout) => [layout.type, layout]),
);

export function isKnownRecordType(type: number): boolean {
  return LAYOUTS.has(type);
}

/**
 * Decodes the records of one block, of any type but samples, and appends them to `events`.
 *
 * @param payload just the records, `count` of `recordBytes` each
 * @param damaged called with the reason when the records cannot be what they say
 */
export function decodeRecords(
  type: number,
  payload: DataView,
  recordBytes: number,
  count: number,
  events: EngineEvent[],
  damaged: (why: string) => never,
): void {
  const layout = LAYOUTS.get(type);
  if (!layout || recordBytes < (layout.leastBytes ?? layout.bytes))
    damaged(`records of type ${type} of ${recordBytes} bytes`);
  if (type === ARRIVAL_LAYOUT.type) {
    events.push({ kind: 'arrivals', arrivals: decodeArrivals(payload, recordBytes, count) });
    return;
  }
  if (type === HEARD_LAYOUT.type) {
    events.push({ kind: 'heard', heard: decodeHeard(payload, recordBytes, count) });
    return;
  }
  if (type === TEXT_LAYOUT.type) {
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset, count);
    const event = parseText(new TextDecoder().decode(bytes));
    if (event) events.push(event);
    return;
  }
  if (isKernelRecordType(type)) {
    for (let index = 0; index < count; index += 1) {
      events.push({ kind: 'kernel', event: decodeKernelRecord(type, payload, index * recordBytes, damaged) });
    }
    return;
  }
  for (let index = 0; index < count; index += 1) {
    events.push(decodeOne(type, payload, index * recordBytes, damaged));
  }
}

export function decodeSamples(view: DataView, recordBytes: number, count: number): SampleColumns {
  const columns = allocateSamples(count);
  decodeInto(columns, 0, view, 0, recordBytes, count);
  return columns;
}

/** Where the records of a block of samples stand. */
export interface SampleBlock {
  readonly at: number;
  readonly recordBytes: number;
  readonly count: number;
}

/** The samples of several blocks as one, with the `cuts` between the blocks. */
export function decodeSampleBlocks(view: DataView, blocks: readonly SampleBlock[]): SampleColumns {
  let length = 0;
  const cuts = blocks.map(({ count }) => {
    length += count;
    return length;
  });
  const columns = { ...allocateSamples(length), cuts };
  let from = 0;
  for (const { at, recordBytes, count } of blocks) {
    decodeInto(columns, from, view, at, recordBytes, count);
    from += count;
  }
  return columns;
}

function decodeInto(
  columns: SampleColumns,
  from: number,
  view: DataView,
  start: number,
  recordBytes: number,
  count: number,
): void {
  const { dueNs, sentNs, rttNs, path, seq, lagNs, flow, errorCode } = columns;
  const { outcome, reply, ttl, flags, icmpType, icmpCode, router, txDelayNs } = columns;
  const field = SAMPLE_LAYOUT;
  for (let index = from, at = start; index < from + count; index += 1, at += recordBytes) {
    dueNs[index] = readInteger(view, at + field.dueNs);
    sentNs[index] = readInteger(view, at + field.sentNs);
    rttNs[index] = readInteger(view, at + field.rttNs);
    path[index] = view.getUint32(at + field.path, true);
    seq[index] = view.getUint32(at + field.seq, true);
    lagNs[index] = view.getUint32(at + field.lagNs, true);
    flow[index] = view.getUint16(at + field.flow, true);
    errorCode[index] = view.getUint16(at + field.errorCode, true);
    outcome[index] = view.getUint8(at + field.outcome);
    reply[index] = view.getUint8(at + field.reply);
    ttl[index] = view.getUint8(at + field.ttl);
    flags[index] = view.getUint8(at + field.flags);
    icmpType[index] = view.getUint8(at + field.icmpType);
    icmpCode[index] = view.getUint8(at + field.icmpCode);
    router[index] = view.getUint16(at + field.router, true);
  }
  // Streams of earlier minor versions say nothing of the way out.
  if (recordBytes < field.txDelayNs + 4) return;
  for (let index = from, at = start + field.txDelayNs; index < from + count; index += 1, at += recordBytes) {
    txDelayNs[index] = view.getUint32(at, true);
  }
}

function decodeArrivals(view: DataView, recordBytes: number, count: number): ArrivalColumns {
  const columns = allocateArrivals(count);
  const field = ARRIVAL_LAYOUT;
  for (let index = 0, at = 0; index < count; index += 1, at += recordBytes) {
    columns.timeNs[index] = readInteger(view, at + field.timeNs);
    columns.path[index] = view.getUint32(at + field.path, true);
    columns.seq[index] = view.getUint32(at + field.seq, true);
    columns.flow[index] = view.getUint16(at + field.flow, true);
    columns.direction[index] = view.getUint8(at + field.direction);
    columns.flags[index] = view.getUint8(at + field.flags);
    columns.reply[index] = view.getUint8(at + field.reply);
  }
  return columns;
}

function decodeHeard(view: DataView, recordBytes: number, count: number): Heard[] {
  const field = HEARD_LAYOUT;
  return Array.from({ length: count }, (_, index): Heard => {
    const at = index * recordBytes;
    const bytes = (from: number, length: number): Uint8Array =>
      new Uint8Array(view.buffer, view.byteOffset + at + from, length);
    const addressBytes = view.getUint8(at + field.family) === 4 ? 4 : 16;
    const isEcho = view.getUint8(at + field.protocol) === 0;
    return {
      timeNs: readInteger(view, at + field.timeNs),
      backlogNs: view.getUint32(at + field.backlogNs, true),
      protocol: isEcho ? 'icmp' : 'syn',
      source: ipText(bytes(field.source, addressBytes)),
      target: ipText(bytes(field.target, addressBytes)),
      sourcePort: view.getUint16(at + field.sourcePort, true),
      targetPort: view.getUint16(at + field.targetPort, true),
      tcpSeq: view.getUint32(at + field.tcpSeq, true),
      payload: isEcho ? bytes(field.payload, HEARD_LAYOUT.bytes - field.payload).slice() : new Uint8Array(0),
      clockStepped: (view.getUint16(at + field.flags, true) & ARRIVAL_FLAGS.clockStep) !== 0,
    };
  });
}

/** Adds the senders of ICMP errors that a block names to `routers`. */
export function decodeRouters(view: DataView, recordBytes: number, count: number, routers: Map<number, string>): void {
  for (let index = 0, at = 0; index < count; index += 1, at += recordBytes) {
    const length = view.getUint8(at + ROUTER_LAYOUT.family) === 4 ? 4 : 16;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at + ROUTER_LAYOUT.address, length);
    routers.set(view.getUint16(at + ROUTER_LAYOUT.number, true), ipText(bytes));
  }
}

const THREAD_KINDS = new Map(
  Object.entries(THREAD_KIND).map(([name, code]) => [code as number, name as ThreadDelay['threadKind']]),
);
const known = (index: number): number => (index === UNKNOWN_INDEX ? -1 : index);

const PAUSE_CAUSES = new Map(
  Object.entries(PAUSE_CAUSE).map(([name, code]) => [code as number, name as Pause['cause']]),
);

function decodeOne(type: number, view: DataView, at: number, damaged: (why: string) => never): EngineEvent {
  switch (type) {
    case PAUSE_LAYOUT.type: {
      const { cause, cpu, ...times } = readRecord(view, at, PAUSE_FIELDS);
      const name = PAUSE_CAUSES.get(cause) ?? damaged(`pause cause ${cause}`);
      return { kind: 'pause', pause: { ...times, cause: name, cpu: cpu === UNKNOWN_CPU ? -1 : cpu } };
    }
    case CPU_GAP_LAYOUT.type: {
      const { flags, ...gap } = readRecord(view, at, CPU_GAP_FIELDS);
      const servesInterface = (flags & CPU_GAP_FLAGS.servesInterface) !== 0;
      return { kind: 'cpu-gap', gap: { ...gap, servesInterface, realtime: (flags & CPU_GAP_FLAGS.realtime) !== 0 } };
    }
    case THREAD_DELAY_LAYOUT.type: {
      const { kind, cpu, queue, ...delay } = readRecord(view, at, THREAD_DELAY_FIELDS);
      const threadKind = THREAD_KINDS.get(kind) ?? damaged(`thread kind ${kind}`);
      return { kind: 'thread-delay', delay: { ...delay, threadKind, cpu: known(cpu), queue: known(queue) } };
    }
    case SOFTNET_LAYOUT.type:
      return { kind: 'softnet', softnet: readRecord(view, at, SOFTNET_FIELDS) };
    case COUNTERS_LAYOUT.type:
      return { kind: 'counters', counters: readRecord(view, at, COUNTERS_FIELDS) };
    case CLOCK_LAYOUT.type:
      return { kind: 'clock', clock: readRecord(view, at, CLOCK_FIELDS) };
    case PATH_TOTALS_LAYOUT.type:
      return { kind: 'path-totals', totals: readRecord(view, at, PATH_TOTALS_FIELDS) };
    case END_LAYOUT.type: {
      const { timeNs, reason } = readRecord(view, at, END_FIELDS);
      return { kind: 'end', timeNs, reason: END_REASONS[reason] ?? damaged(`end reason ${reason}`) };
    }
    default:
      return damaged(`records of type ${type}`);
  }
}
