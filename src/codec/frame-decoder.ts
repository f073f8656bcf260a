import { type EngineEvent, type TimeEvent, timeOf } from '../model/engine-event.js';
import { CodedError } from '../model/errors.js';
import type { SampleColumns } from '../model/sample.js';
import { checksum } from './checksum.js';
import { decodeRecords, decodeRouters, decodeSamples, decodeSamplesInto, isKnownRecordType } from './decode-records.js';
import { readInteger } from './field.js';
import { joined, MAX_BLOCK_BYTES } from './frame-cutter.js';
import {
  BLOCK_LAYOUT,
  BLOCK_MAGIC,
  CLOCK_LAYOUT,
  COUNTERS_LAYOUT,
  FRAMES_MAGIC,
  FRAMES_VERSION,
  HEADER_LAYOUT,
  RECORDING_END_LAYOUT,
  RECORDING_INFO_LAYOUT,
  ROUTER_LAYOUT,
  SAMPLE_LAYOUT,
} from './frames.gen.js';
import { decodeRequests, type PendingRequests, REQUEST_RECORD, withRequests } from './request-records.js';
import { SampleRoom } from './sample-room.js';

/** So many samples become one event over what is told between them: more take longer, as they leave the cache. */
const MOST_JOINED = 4_096;

export interface FrameDecoderOptions {
  /** The bytes have been checked already, and may begin in the middle of a stream: those of a recording. */
  readonly checked?: boolean;
  /**
   * Blocks of samples that follow each other become one event, with `cuts` and what was told between them, in columns that
   * the next `push` overwrites: faster where they are small.
   */
  readonly joinSamples?: boolean;
}

/**
 * Turns the bytes of a helper's stream, cut anywhere, into events.
 *
 * Unknown record types and longer records of newer minor versions are passed over. What is damaged is an
 * error that names the offset; a cut-off tail is none: `finish` says how many bytes it left.
 */
export class FrameDecoder {
  #pending: Uint8Array = new Uint8Array(0);
  /** Offset in the stream of the first pending byte. */
  #offset = 0;
  #headerSeen = false;
  #nextSequence = 0;

  /** Senders of ICMP errors by their numbers in this stream; samples share it. */
  readonly #routers = new Map<number, string>();
  /** Phases of requests, which come before the samples that they belong to. */
  readonly #requests: PendingRequests = new Map();
  /** Sample blocks that become one event, as far as they have come: where each ended, and their samples. */
  #cuts: number[] = [];
  /** What was told between them, and when, by the number of the block before it. */
  #told: TimeEvent[] = [];
  #passed: (number[] | undefined)[] | undefined;
  /** The last counters among it, not read yet. */
  #counters: DataView | undefined;
  readonly #room = new SampleRoom();

  constructor(private readonly options: FrameDecoderOptions = {}) {}

  /**
   * @throws CodedError E_FRAMES when the bytes are no frames or damaged, E_FRAMES_VERSION when they are of a
   * newer version
   */
  push(chunk: Uint8Array): EngineEvent[] {
    const bytes = this.#pending.length === 0 ? chunk : joined(this.#pending, chunk);
    const events: EngineEvent[] = [];
    let at = 0;
    this.#room.release();
    if (!this.#headerSeen) {
      const used = this.#readHeader(bytes, events);
      if (used === 0) {
        this.#pending = bytes.slice();
        return events;
      }
      at = used;
      this.#headerSeen = true;
    }
    const view = viewOf(bytes);
    for (;;) {
      const used = this.#readBlock(bytes, view, at, events);
      if (used === 0) break;
      at += used;
    }
    this.#joinBlocks(events);
    this.#pending = bytes.slice(at);
    this.#offset += at;
    return events;
  }

  /** Bytes of a cut-off tail, 0 when the stream ended at the end of a block. */
  finish(): { readonly unreadBytes: number; readonly offset: number } {
    return { unreadBytes: this.#pending.length, offset: this.#offset };
  }

  #readHeader(bytes: Uint8Array, events: EngineEvent[]): number {
    const known = Math.min(bytes.length, FRAMES_MAGIC.length);
    for (let index = 0; index < known; index += 1) {
      if (bytes[index] !== FRAMES_MAGIC[index]) {
        throw new CodedError('E_FRAMES', 'this is no rxray stream or recording', 'check the file name');
      }
    }
    if (bytes.length < HEADER_LAYOUT.bytes) return 0;
    const view = viewOf(bytes);
    const version = view.getUint16(HEADER_LAYOUT.version, true);
    if (version > FRAMES_VERSION) {
      throw new CodedError(
        'E_FRAMES_VERSION',
        `the stream has format version ${version}; this rxray reads up to ${FRAMES_VERSION}`,
        'read it with the rxray that wrote it, or a newer one',
      );
    }
    const headerBytes = view.getUint16(HEADER_LAYOUT.headerBytes, true);
    if (headerBytes < HEADER_LAYOUT.bytes) this.#damaged(0, 'the header says it is shorter than any header');
    if (bytes.length < headerBytes) return 0;
    events.push({
      kind: 'start',
      epochRealNs: view.getBigInt64(HEADER_LAYOUT.epochRealNs, true),
      epochMonoNs: view.getBigInt64(HEADER_LAYOUT.epochMonoNs, true),
      streamId: view.getBigUint64(HEADER_LAYOUT.streamId, true),
    });
    return headerBytes;
  }

  #readBlock(bytes: Uint8Array, view: DataView, at: number, events: EngineEvent[]): number {
    if (bytes.length - at < BLOCK_LAYOUT.bytes) return 0;
    if (view.getUint32(at + BLOCK_LAYOUT.magic, true) !== BLOCK_MAGIC) this.#damaged(at, 'no block starts here');
    const type = view.getUint16(at + BLOCK_LAYOUT.type, true);
    const recordBytes = view.getUint16(at + BLOCK_LAYOUT.recordBytes, true);
    const count = view.getUint32(at + BLOCK_LAYOUT.count, true);
    const payloadBytes = recordBytes * count;
    if (payloadBytes > MAX_BLOCK_BYTES) this.#damaged(at, `a block of ${payloadBytes} bytes`);
    const blockBytes = BLOCK_LAYOUT.bytes + payloadBytes;
    if (bytes.length - at < blockBytes) return 0;
    const stated = view.getUint32(at + BLOCK_LAYOUT.crc32, true);
    if (this.options.checked !== true && checksum(bytes, at, at + blockBytes, view) !== stated) {
      this.#damaged(at, 'the checksum is wrong');
    }
    const payload = at + BLOCK_LAYOUT.bytes;
    // Most blocks of a recording are these: nothing else is asked of them first.
    if (type === SAMPLE_LAYOUT.type && recordBytes >= SAMPLE_LAYOUT.leastBytes && this.options.joinSamples === true) {
      if (view.getUint32(at + BLOCK_LAYOUT.lostRecords, true) > 0) this.#joinBlocks(events);
      this.#countLost(view, at, events);
      const from = this.#room.filled;
      decodeSamplesInto(this.#room.extend(count), from, view, payload, recordBytes, count);
      this.#cuts.push(from + count);
      return blockBytes;
    }
    // What stands between the blocks of a recording is as many, and nothing to a decoder.
    if (type >= RECORDING_INFO_LAYOUT.type && type <= RECORDING_END_LAYOUT.type) {
      this.#countLost(view, at, events);
      return blockBytes;
    }
    this.#readOther(type, viewOf(bytes, payload, payloadBytes), recordBytes, count, { view, at }, events);
    return blockBytes;
  }

  /** A block that is none of the many: what it takes to read one may make objects. */
  #readOther(
    type: number,
    records: DataView,
    recordBytes: number,
    count: number,
    { view, at }: { readonly view: DataView; readonly at: number },
    events: EngineEvent[],
  ): void {
    const damaged = (why: string): never => this.#damaged(at, why);
    // What was lost before it was lost behind the samples.
    if (isTimeType(type) && this.#mayJoin() && view.getUint32(at + BLOCK_LAYOUT.lostRecords, true) === 0) {
      this.#countLost(view, at, events);
      this.#tell(type, records, recordBytes, count, damaged);
      return;
    }
    if (type === ROUTER_LAYOUT.type && recordBytes >= ROUTER_LAYOUT.bytes)
      decodeRouters(records, recordBytes, count, this.#routers);
    if (type === REQUEST_RECORD.type && recordBytes >= REQUEST_RECORD.bytes)
      decodeRequests(records, recordBytes, count, this.#requests);
    if (isKnownRecordType(type)) this.#joinBlocks(events);
    this.#countLost(view, at, events);
    if (!isKnownRecordType(type)) return;
    if (type === SAMPLE_LAYOUT.type && recordBytes >= SAMPLE_LAYOUT.leastBytes)
      events.push({ kind: 'samples', samples: this.#whole(decodeSamples(records, recordBytes, count)) });
    else decodeRecords(type, records, recordBytes, count, events, damaged);
  }

  /** With the names and the phases that other blocks told. */
  #whole(decoded: SampleColumns): SampleColumns {
    const samples = withRequests(decoded, this.#requests);
    return this.#routers.size === 0 ? samples : { ...samples, routers: this.#routers };
  }

  #joinBlocks(events: EngineEvent[]): void {
    if (this.#cuts.length === 0) return;
    const passed = this.#passed;
    const counters = this.#counters;
    if (counters !== undefined)
      decodeRecords(COUNTERS_LAYOUT.type, counters, counters.byteLength, 1, this.#told, NEVER);
    const batches = { cuts: this.#cuts, ...(passed === undefined ? {} : { passed }) };
    const samples = this.#whole({ ...this.#room.take(), ...batches });
    events.push({ kind: 'samples', samples, ...(passed === undefined ? {} : { told: this.#told }) });
    this.#cuts = [];
    this.#told = [];
    this.#passed = undefined;
    this.#counters = undefined;
  }

  /** Samples are being put together, and what comes between them may be told with them. */
  #mayJoin(): boolean {
    const joined = this.#room.filled;
    // What is said of a slow request looks at the samples of its time.
    return this.#cuts.length > 0 && joined < MOST_JOINED && this.#requests.size === 0;
  }

  #tell(type: number, records: DataView, recordBytes: number, count: number, damaged: (why: string) => never): void {
    if (type === COUNTERS_LAYOUT.type && count === 1 && recordBytes >= COUNTERS_LAYOUT.bytes) {
      // They count on, so that the last ones say it all, and those before them only when they were told.
      this.#counters = records;
      this.#pass(readInteger(records, COUNTERS_LAYOUT.timeNs));
      return;
    }
    const events: EngineEvent[] = [];
    decodeRecords(type, records, recordBytes, count, events, damaged);
    for (const told of events as TimeEvent[]) {
      this.#told.push(told);
      this.#pass(timeOf(told));
    }
  }

  /** Time has passed up to there, behind the last block. */
  #pass(timeNs: number): void {
    const before = this.#cuts.length - 1;
    this.#passed ??= [];
    const known = this.#passed[before];
    if (known === undefined) this.#passed[before] = [timeNs];
    else known.push(timeNs);
  }

  #countLost(view: DataView, at: number, events: EngineEvent[]): void {
    const lost = view.getUint32(at + BLOCK_LAYOUT.lostRecords, true);
    if (lost > 0) events.push({ kind: 'lost-records', count: lost, because: 'the reader was too slow' });
    if (this.options.checked === true) return;
    const sequence = view.getUint32(at + BLOCK_LAYOUT.sequence, true);
    if (sequence !== this.#nextSequence) {
      this.#damaged(at, `block ${sequence} follows where block ${this.#nextSequence} is due`);
    }
    this.#nextSequence = (sequence + 1) >>> 0;
  }

  #damaged(at: number, why: string): never {
    throw new CodedError(
      'E_FRAMES',
      `damaged at byte ${this.#offset + at}: ${why}`,
      'what came before that byte was read; copy the file again, or check the connection',
    );
  }
}

/** Nothing of counters can be damaged. */
const NEVER = (why: string): never => {
  throw new Error(why);
};

function isTimeType(type: number): boolean {
  return type === COUNTERS_LAYOUT.type || type === CLOCK_LAYOUT.type;
}

function viewOf(bytes: Uint8Array, at = 0, length = bytes.length - at): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, length);
}
