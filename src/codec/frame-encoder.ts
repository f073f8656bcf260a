import type { ArrivalColumns } from '../model/arrival.js';
import type { EngineEvent } from '../model/engine-event.js';
import { addressBytes } from '../model/ip-address.js';
import type { SampleColumns } from '../model/sample.js';
import { checksum } from './checksum.js';
import { EVENT_RECORDS } from './event-records.js';
import { writeInteger } from './field.js';
import {
  ARRIVAL_LAYOUT,
  BLOCK_LAYOUT,
  BLOCK_MAGIC,
  FRAMES_MAGIC,
  FRAMES_VERSION,
  HEADER_LAYOUT,
  type HELPER,
  ROUTER_LAYOUT,
  SAMPLE_LAYOUT,
  TEXT_LAYOUT,
} from './frames.gen.js';
import { encodeHello } from './hello-text.js';
import { REQUEST_RECORD, writeRequest } from './request-records.js';

const EVENTS_BY_KIND = new Map(EVENT_RECORDS.map((record) => [record.kind, record]));

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
      case 'segments':
        return new Uint8Array(0);
      case 'lost-records':
        this.#lostRecords += event.count;
        return new Uint8Array(0);
      case 'arrivals':
        return this.#arrivals(event.arrivals);
      case 'end':
        return event.reason === 'cut-off' ? new Uint8Array(0) : this.#record(event);
      default:
        return this.#record(event);
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
    const packed = addressBytes(address);
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

  /** A block of one record. */
  #record(event: EngineEvent): Uint8Array {
    const record = EVENTS_BY_KIND.get(event.kind);
    if (record === undefined) throw new RangeError(`no record holds ${event.kind}`);
    const { bytes, view } = this.#block(record.layout.type, record.layout.bytes, 1);
    record.write(view, BLOCK_LAYOUT.bytes, event);
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
