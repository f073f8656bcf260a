import { type ArrivalColumns, allocateArrivals } from '../model/arrival.js';
import type { EngineEvent } from '../model/engine-event.js';
import type { Heard } from '../model/heard.js';
import { addressText } from '../model/ip-address.js';
import { allocateSamples, type SampleColumns } from '../model/sample.js';
import { decodeKernelRecord, isKernelRecordType, KERNEL_LAYOUTS } from './decode-kernel.js';
import { parseText } from './decode-text.js';
import { EVENT_RECORDS, type RecordLayout } from './event-records.js';
import { readInteger } from './field.js';
import {
  ARRIVAL_FLAGS,
  ARRIVAL_LAYOUT,
  HEARD_LAYOUT,
  ROUTER_LAYOUT,
  SAMPLE_LAYOUT,
  SEGMENT_LAYOUT,
  TEXT_LAYOUT,
} from './frames.gen.js';
import { decodeSegments } from './segment-records.js';

const EVENTS_BY_TYPE = new Map(EVENT_RECORDS.map((record) => [record.layout.type, record]));

const LAYOUTS = new Map<number, RecordLayout>(
  [
    SAMPLE_LAYOUT,
    TEXT_LAYOUT,
    ARRIVAL_LAYOUT,
    HEARD_LAYOUT,
    SEGMENT_LAYOUT,
    ...EVENT_RECORDS.map(({ layout }) => layout),
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
  if (type === SEGMENT_LAYOUT.type) {
    events.push({ kind: 'segments', segments: decodeSegments(payload, recordBytes, count) });
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
  const record = EVENTS_BY_TYPE.get(type) ?? damaged(`records of type ${type}`);
  for (let index = 0; index < count; index += 1) {
    events.push(record.read(payload, index * recordBytes, damaged));
  }
}

export function decodeSamples(view: DataView, recordBytes: number, count: number): SampleColumns {
  const columns = allocateSamples(count);
  decodeSamplesInto(columns, 0, view, 0, recordBytes, count);
  return columns;
}

/** The same into `columns`, from the place `from` on; the records begin at `start` of `view`. */
export function decodeSamplesInto(
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
  // Streams of earlier minor versions say nothing of the way out.
  const saysDelay = recordBytes >= field.txDelayNs + 4;
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
    txDelayNs[index] = saysDelay ? view.getUint32(at + field.txDelayNs, true) : 0;
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
      source: addressText(bytes(field.source, addressBytes)),
      target: addressText(bytes(field.target, addressBytes)),
      // An echo has its identifier and number there, as it came.
      sourcePort: isEcho ? 0 : view.getUint16(at + field.sourcePort, true),
      targetPort: isEcho ? 0 : view.getUint16(at + field.targetPort, true),
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
    routers.set(view.getUint16(at + ROUTER_LAYOUT.number, true), addressText(bytes));
  }
}
