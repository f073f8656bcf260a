import type { ArrivalColumns } from '../model/arrival.js';
import { END_REASONS, type EndReason } from '../model/end-reason.js';
import type { EngineEvent } from '../model/engine-event.js';
import type { SampleColumns } from '../model/sample.js';
import { checksum } from './checksum.js';
import { type Fields, type FieldValues, UNKNOWN_CPU, UNKNOWN_INDEX, writeInteger, writeRecord } from './field.js';
import {
  ARRIVAL_LAYOUT,
  BLOCK_LAYOUT,
  BLOCK_MAGIC,
  CLOCK_FIELDS,
  CLOCK_LAYOUT,
  COUNTERS_FIELDS,
  COUNTERS_LAYOUT,
  CPU_GAP_FIELDS,
  CPU_GAP_FLAGS,
  CPU_GAP_LAYOUT,
  END_FIELDS,
  END_LAYOUT,
  FRAMES_MAGIC,
  FRAMES_VERSION,
  HEADER_LAYOUT,
  type HELPER,
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
import { encodeHello } from './hello-text.js';
import { ipBytes } from './ip-text.js';
import { REQUEST_RECORD, writeRequest } from './request-records.js';

type HelperCode = (typeof HELPER)[keyof typeof HELPER];

/**
 * Writes events as the bytes a helper writes, one block an event. For recordings of engines that are no
 * helper, and for tests of all that reads frames.
 */
export class FrameEncoder {
  #sequence = 0;
  #lostRecords = 0;

  constructor(private readonly helper: HelperCode) {}

  /**
   * The bytes of one event; empty for `lost-records`, which goes into the header of the block after it, and for what
   * only a tracer tells: its recordings are the bytes it wrote.
   */
  encode(event: EngineEvent): Uint8Array {
    switch (event.kind) {
      case 'start':
        return this.#header(event.epochRealNs, event.epochMonoNs, event.streamId);
      case 'samples':
        return this.#samples(event.samples);
      case 'hello':
        return this.#text(encodeHello(event.hello));
      case 'warning':
        return this.#text(JSON.stringify({ event: 'warning', code: event.code, message: event.message }));
      case 'failure': {
        const { kind: _, ...rest } = event;
        return this.#text(JSON.stringify({ event: 'error', ...rest }));
      }
      case 'kernel':
      case 'heard':
        return new Uint8Array(0);
      case 'lost-records':
        this.#lostRecords += event.count;
        return new Uint8Array(0);
      case 'pause':
        return this.#record(PAUSE_LAYOUT.type, PAUSE_LAYOUT.bytes, PAUSE_FIELDS, {
          ...event.pause,
          cause: PAUSE_CAUSE[event.pause.cause],
          cpu: event.pause.cpu < 0 ? UNKNOWN_CPU : event.pause.cpu,
        });
      case 'arrivals':
        return this.#arrivals(event.arrivals);
      case 'cpu-gap': {
        const { servesInterface, realtime, ...gap } = event.gap;
        const flags = (servesInterface ? CPU_GAP_FLAGS.servesInterface : 0) | (realtime ? CPU_GAP_FLAGS.realtime : 0);
        return this.#record(CPU_GAP_LAYOUT.type, CPU_GAP_LAYOUT.bytes, CPU_GAP_FIELDS, { ...gap, flags });
      }
      case 'thread-delay': {
        const { threadKind, cpu, queue, ...delay } = event.delay;
        return this.#record(THREAD_DELAY_LAYOUT.type, THREAD_DELAY_LAYOUT.bytes, THREAD_DELAY_FIELDS, {
          ...delay,
          kind: THREAD_KIND[threadKind],
          cpu: cpu < 0 ? UNKNOWN_INDEX : cpu,
          queue: queue < 0 ? UNKNOWN_INDEX : queue,
        });
      }
      case 'softnet':
        return this.#record(SOFTNET_LAYOUT.type, SOFTNET_LAYOUT.bytes, SOFTNET_FIELDS, event.softnet);
      case 'counters':
        return this.#record(COUNTERS_LAYOUT.type, COUNTERS_LAYOUT.bytes, COUNTERS_FIELDS, event.counters);
      case 'clock':
        return this.#record(CLOCK_LAYOUT.type, CLOCK_LAYOUT.bytes, CLOCK_FIELDS, event.clock);
      case 'path-totals':
        return this.#record(PATH_TOTALS_LAYOUT.type, PATH_TOTALS_LAYOUT.bytes, PATH_TOTALS_FIELDS, event.totals);
      case 'end':
        return event.reason === 'cut-off' ? new Uint8Array(0) : this.#end(event.timeNs, event.reason);
    }
  }

  #header(epochRealNs: bigint, epochMonoNs: bigint, streamId: bigint): Uint8Array {
    const bytes = new Uint8Array(HEADER_LAYOUT.bytes);
    const view = new DataView(bytes.buffer);
    bytes.set(FRAMES_MAGIC);
    view.setUint16(HEADER_LAYOUT.version, FRAMES_VERSION, true);
    view.setUint16(HEADER_LAYOUT.headerBytes, HEADER_LAYOUT.bytes, true);
    view.setUint8(HEADER_LAYOUT.helper, this.helper);
    view.setBigInt64(HEADER_LAYOUT.epochRealNs, epochRealNs, true);
    view.setBigInt64(HEADER_LAYOUT.epochMonoNs, epochMonoNs, true);
    view.setBigUint64(HEADER_LAYOUT.streamId, streamId, true);
    return bytes;
  }

  /** The samples, after the names of the routers that they need and the phases of the requests among them. */
  #samples(samples: SampleColumns): Uint8Array {
    const numbers = samples.routers === undefined ? [] : new Set(samples.router.subarray(0, samples.length));
    const named = [...numbers].flatMap((number) => {
      const address = samples.routers?.get(number);
      return address === undefined ? [] : [this.#router(number, address)];
    });
    if (samples.requests !== undefined) named.push(this.#requests(samples, samples.requests));
    return named.length === 0 ? this.#sampleBlock(samples) : Buffer.concat([...named, this.#sampleBlock(samples)]);
  }

  #requests(samples: SampleColumns, requests: NonNullable<SampleColumns['requests']>): Uint8Array {
    const told = [...requests].filter(([index]) => index < samples.length);
    const { bytes, view } = this.#block(REQUEST_RECORD.type, REQUEST_RECORD.bytes, told.length);
    told.forEach(([index, request], place) => {
      const at = BLOCK_LAYOUT.bytes + place * REQUEST_RECORD.bytes;
      writeRequest(bytes, view, at, samples.path[index] ?? 0, samples.seq[index] ?? 0, request);
    });
    return this.#sealed(bytes, view);
  }

  #router(number: number, address: string): Uint8Array {
    const { bytes, view } = this.#block(ROUTER_LAYOUT.type, ROUTER_LAYOUT.bytes, 1);
    const at = BLOCK_LAYOUT.bytes;
    const packed = ipBytes(address);
    view.setUint16(at + ROUTER_LAYOUT.number, number, true);
    view.setUint8(at + ROUTER_LAYOUT.family, packed.length === 4 ? 4 : 6);
    bytes.set(packed, at + ROUTER_LAYOUT.address);
    return this.#sealed(bytes, view);
  }

  #sampleBlock(samples: SampleColumns): Uint8Array {
    const { bytes, view } = this.#block(SAMPLE_LAYOUT.type, SAMPLE_LAYOUT.bytes, samples.length);
    const field = SAMPLE_LAYOUT;
    for (let index = 0, at = BLOCK_LAYOUT.bytes; index < samples.length; index += 1, at += field.bytes) {
      writeInteger(view, at + field.dueNs, samples.dueNs[index] ?? 0);
      writeInteger(view, at + field.sentNs, samples.sentNs[index] ?? 0);
      writeInteger(view, at + field.rttNs, samples.rttNs[index] ?? 0);
      view.setUint32(at + field.path, samples.path[index] ?? 0, true);
      view.setUint32(at + field.seq, samples.seq[index] ?? 0, true);
      view.setUint32(at + field.lagNs, samples.lagNs[index] ?? 0, true);
      view.setUint16(at + field.flow, samples.flow[index] ?? 0, true);
      view.setUint16(at + field.errorCode, samples.errorCode[index] ?? 0, true);
      view.setUint8(at + field.outcome, samples.outcome[index] ?? 0);
      view.setUint8(at + field.reply, samples.reply[index] ?? 0);
      view.setUint8(at + field.ttl, samples.ttl[index] ?? 0);
      view.setUint8(at + field.flags, samples.flags[index] ?? 0);
      view.setUint8(at + field.icmpType, samples.icmpType[index] ?? 0);
      view.setUint8(at + field.icmpCode, samples.icmpCode[index] ?? 0);
      view.setUint16(at + field.router, samples.router[index] ?? 0, true);
      view.setUint32(at + field.txDelayNs, samples.txDelayNs[index] ?? 0, true);
    }
    return this.#sealed(bytes, view);
  }

  #arrivals(arrivals: ArrivalColumns): Uint8Array {
    const { bytes, view } = this.#block(ARRIVAL_LAYOUT.type, ARRIVAL_LAYOUT.bytes, arrivals.length);
    const field = ARRIVAL_LAYOUT;
    for (let index = 0, at = BLOCK_LAYOUT.bytes; index < arrivals.length; index += 1, at += field.bytes) {
      writeInteger(view, at + field.timeNs, arrivals.timeNs[index] ?? 0);
      view.setUint32(at + field.path, arrivals.path[index] ?? 0, true);
      view.setUint32(at + field.seq, arrivals.seq[index] ?? 0, true);
      view.setUint16(at + field.flow, arrivals.flow[index] ?? 0, true);
      view.setUint8(at + field.direction, arrivals.direction[index] ?? 0);
      view.setUint8(at + field.flags, arrivals.flags[index] ?? 0);
      view.setUint8(at + field.reply, arrivals.reply[index] ?? 0);
    }
    return this.#sealed(bytes, view);
  }

  #text(json: string): Uint8Array {
    const text = new TextEncoder().encode(json);
    const { bytes, view } = this.#block(TEXT_LAYOUT.type, 1, text.length);
    bytes.set(text, BLOCK_LAYOUT.bytes);
    return this.#sealed(bytes, view);
  }

  #end(timeNs: number, reason: EndReason): Uint8Array {
    return this.#record(END_LAYOUT.type, END_LAYOUT.bytes, END_FIELDS, { timeNs, reason: END_REASONS.indexOf(reason) });
  }

  /** A block of one record. */
  #record<F extends Fields>(type: number, recordBytes: number, fields: F, values: FieldValues<F>): Uint8Array {
    const { bytes, view } = this.#block(type, recordBytes, 1);
    writeRecord(view, BLOCK_LAYOUT.bytes, fields, values);
    return this.#sealed(bytes, view);
  }

  #block(type: number, recordBytes: number, count: number): { bytes: Uint8Array; view: DataView } {
    const bytes = new Uint8Array(BLOCK_LAYOUT.bytes + recordBytes * count);
    const view = new DataView(bytes.buffer);
    view.setUint32(BLOCK_LAYOUT.magic, BLOCK_MAGIC, true);
    view.setUint16(BLOCK_LAYOUT.type, type, true);
    view.setUint16(BLOCK_LAYOUT.recordBytes, recordBytes, true);
    view.setUint32(BLOCK_LAYOUT.count, count, true);
    view.setUint32(BLOCK_LAYOUT.sequence, this.#sequence, true);
    view.setUint32(BLOCK_LAYOUT.lostRecords, this.#lostRecords, true);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#lostRecords = 0;
    return { bytes, view };
  }

  #sealed(bytes: Uint8Array, view: DataView): Uint8Array {
    view.setUint32(BLOCK_LAYOUT.crc32, checksum(bytes), true);
    return bytes;
  }
}
