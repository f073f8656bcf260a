import { type Ends, endsFor, soundRow } from '../codec/block-row.js';
import { checksum } from '../codec/checksum.js';
import { readInteger, readRecord } from '../codec/field.js';
import { frameBytes } from '../codec/frame-cutter.js';
import {
  BLOCK_LAYOUT,
  BLOCK_MAGIC,
  FRAMES_MAGIC,
  FRAMES_VERSION,
  HEADER_LAYOUT,
  HELPER,
  RECORDING_BYTES_LAYOUT,
  RECORDING_END,
  RECORDING_END_FIELDS,
  RECORDING_END_LAYOUT,
  RECORDING_EXIT_LAYOUT,
  RECORDING_INFO_LAYOUT,
  RECORDING_STREAM_LAYOUT,
  RECORDING_TICK_FIELDS,
  RECORDING_TICK_LAYOUT,
} from '../codec/frames.gen.js';
import { CodedError } from '../model/errors.js';
import {
  type ExitInfo,
  exitInfoSchema,
  type PartInfo,
  partInfoSchema,
  type StreamInfo,
  streamInfoSchema,
} from './recorded-run.js';
import { type ReadProgress, recordingBytes } from './recording-bytes.js';

/** A piece of a file and what was left of the one before fit into it. */
const ROOM_BYTES = 512 << 10;

/** What stands in a recording, in its order. */
export type Piece =
  | { readonly kind: 'info'; readonly info: PartInfo; readonly recordingId: bigint }
  | { readonly kind: 'stream'; readonly info: StreamInfo }
  /** Whole headers and blocks of a stream, their checksums compared. */
  | FramesPiece
  | { readonly kind: 'exit'; readonly exit: ExitInfo }
  | { readonly kind: 'tick'; readonly nowNs: number }
  | { readonly kind: 'end'; readonly continued: boolean };

export interface FramesPiece {
  readonly kind: 'frames';
  readonly stream: number;
  /** Since the recording began. */
  readonly timeNs: number;
  readonly frames: Uint8Array;
  /** Header and hello of a stream that began in an earlier file. */
  readonly repeated: boolean;
}

export interface ReaderOptions {
  /** Hand frames on as they were taken in, with their times; else runs of one stream may come as one. */
  readonly timed: boolean;
}

interface StreamState {
  /** Undefined where the recording does not have the stream's beginning. */
  nextSequence: number | undefined;
  prologue: boolean;
}

/**
 * Reads one file of a recording, in pieces handed on many at a time, and never holds more than a few MB of it. Frames
 * are good until further pieces are asked for. A file that was cut off ends quietly after its last whole block.
 */
export class RecordingReader {
  readonly progress: ReadProgress = { fileBytes: 0 };
  #offset = 0;
  #headerSeen = false;
  #recordingId = 0n;
  readonly #streams = new Map<number, StreamState>();
  #selected = -1;
  /** Of the stream that is taken in; undefined outside of any. */
  #state: StreamState | undefined;
  #selectedTimeNs = 0;
  #nextControl = 0;
  /** Of the blocks of a piece. */
  #ends: Ends = endsFor(ROOM_BYTES);
  /** From where on frames of a piece have been taken in, and not handed on. */
  #from = 0;

  constructor(
    private readonly file: string,
    private readonly options: ReaderOptions,
  ) {}

  /**
   * @throws CodedError E_RECORDING when it is no recording or cannot be read, E_FRAMES_VERSION when it is of a newer
   * format, E_FRAMES with the offset where it is damaged: what came before was handed on
   */
  async *pieces(): AsyncGenerator<Piece[]> {
    // What was cut off goes before what comes next, in memory that is used again.
    let room: Uint8Array = new Uint8Array(ROOM_BYTES);
    let kept = 0;
    for await (const chunk of recordingBytes(this.file, this.progress)) {
      let bytes = chunk;
      if (kept > 0) {
        if (kept + chunk.length > room.length) room = enlarged(room, kept + chunk.length);
        room.set(chunk, kept);
        bytes = room.subarray(0, kept + chunk.length);
      }
      const pieces: Piece[] = [];
      let used = 0;
      let damage: unknown;
      try {
        used = this.#cut(bytes, pieces);
      } catch (error) {
        damage = error;
      }
      if (pieces.length > 0) yield pieces;
      if (damage !== undefined) throw damage;
      kept = bytes.length - used;
      if (kept > room.length) room = enlarged(room, kept);
      room.set(bytes.subarray(used), 0);
      this.#offset += used;
    }
    if (!this.#headerSeen) this.#refuse('it has no whole header');
    // A cut-off block is the last thing in a file; where whole ones follow, its length is wrong.
    if (hasWholeBlock(room.subarray(0, kept))) this.#damaged(0, 'the length of a block is wrong');
  }

  #cut(bytes: Uint8Array, pieces: Piece[]): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    if (!this.#headerSeen) {
      at = this.#readHeader(bytes, view);
      if (at === 0) return 0;
    }
    this.#from = at;
    if (bytes.length > this.#ends.length * BLOCK_LAYOUT.bytes) this.#ends = endsFor(bytes.length);
    const ends = this.#ends;
    const count = soundRow(bytes, at, view, ends);
    try {
      for (let i = 0; i < count; i += 1) {
        const end = ends[i] as number;
        this.#takeBlock(bytes, view, at, end - at, pieces);
        at = end;
      }
      while (count < 0 && at < bytes.length) {
        const size = frameBytes(bytes, at, view);
        if (size < 0) this.#damaged(at, 'no block starts here');
        if (size === 0 || at + size > bytes.length) break;
        if (bytes[at] === FRAMES_MAGIC[0]) {
          this.#streamHeader(at);
        } else {
          if (checksum(bytes, at, at + size, view) !== view.getUint32(at + BLOCK_LAYOUT.crc32, true)) {
            this.#damaged(at, 'the checksum is wrong');
          }
          this.#takeBlock(bytes, view, at, size, pieces);
        }
        at += size;
      }
    } finally {
      this.#handOn(bytes, at, pieces);
    }
    return at;
  }

  #takeBlock(bytes: Uint8Array, view: DataView, at: number, size: number, pieces: Piece[]): void {
    const type = view.getUint16(at + BLOCK_LAYOUT.type, true);
    if (type < RECORDING_INFO_LAYOUT.type || type > RECORDING_END_LAYOUT.type) {
      this.#count(view.getUint32(at + BLOCK_LAYOUT.sequence, true), at);
      return;
    }
    if (type !== RECORDING_BYTES_LAYOUT.type || !this.#goesOn(view, at)) {
      this.#handOn(bytes, at, pieces);
      this.#from = at + size;
    }
    this.#control(type, bytes, view, at, size, pieces);
  }

  /** The frames up to there, which may be none. */
  #handOn(bytes: Uint8Array, to: number, pieces: Piece[]): void {
    if (to <= this.#from) return;
    const frames = bytes.subarray(this.#from, to);
    const repeated = this.#state?.prologue === true;
    pieces.push({ kind: 'frames', stream: this.#selected, timeNs: this.#selectedTimeNs, frames, repeated });
  }

  #readHeader(bytes: Uint8Array, view: DataView): number {
    const known = Math.min(bytes.length, FRAMES_MAGIC.length);
    for (let index = 0; index < known; index += 1) {
      if (bytes[index] !== FRAMES_MAGIC[index]) this.#refuse('it does not begin like one');
    }
    const size = frameBytes(bytes, 0);
    if (size <= 0 || bytes.length < size) return 0;
    const version = view.getUint16(HEADER_LAYOUT.version, true);
    if (version > FRAMES_VERSION) {
      throw new CodedError(
        'E_FRAMES_VERSION',
        `${this.file} has format version ${version}; this rxray reads up to version ${FRAMES_VERSION}`,
        'read it with the rxray that recorded it, or a newer one: npm install -g rxray',
        2,
      );
    }
    if (view.getUint8(HEADER_LAYOUT.helper) !== HELPER.recorder) this.#refuse("it is a helper's stream");
    this.#recordingId = view.getBigUint64(HEADER_LAYOUT.streamId, true);
    this.#headerSeen = true;
    return size;
  }

  #streamHeader(at: number): void {
    if (!this.#state) this.#damaged(at, 'a header outside of any stream');
  }

  #count(sequence: number, at: number): void {
    const state = this.#state;
    if (!state) this.#damaged(at, 'a block outside of any stream');
    // Behind the repeated hello the stream goes on wherever the file before ended.
    if (state.prologue) return;
    if (state.nextSequence !== undefined && sequence !== state.nextSequence) {
      this.#damaged(at, `block ${sequence} follows where block ${state.nextSequence} is due`);
    }
    state.nextSequence = (sequence + 1) >>> 0;
  }

  /** The same stream is taken in again: decoders pass over the control block. */
  #goesOn(view: DataView, at: number): boolean {
    if (this.options.timed || this.#state?.prologue !== false) return false;
    return view.getUint32(at + BLOCK_LAYOUT.bytes + RECORDING_BYTES_LAYOUT.stream, true) === this.#selected;
  }

  #control(type: number, bytes: Uint8Array, view: DataView, at: number, size: number, pieces: Piece[]): void {
    const sequence = view.getUint32(at + BLOCK_LAYOUT.sequence, true);
    if (sequence !== this.#nextControl) {
      this.#damaged(at, `control block ${sequence} follows where ${this.#nextControl} is due`);
    }
    this.#nextControl = (sequence + 1) >>> 0;
    // As many as there are blocks of samples: read without an object for each, of which what follows makes some.
    if (type === RECORDING_BYTES_LAYOUT.type) this.#select(view, at + BLOCK_LAYOUT.bytes);
    else this.#tell(type, bytes, view, at, size, pieces);
  }

  #select(view: DataView, payload: number): void {
    if (this.#state) this.#state.prologue = false;
    const stream = view.getUint32(payload + RECORDING_BYTES_LAYOUT.stream, true);
    if (stream !== this.#selected) {
      this.#selected = stream;
      this.#state = this.#streams.get(stream);
    }
    this.#selectedTimeNs = readInteger(view, payload + RECORDING_BYTES_LAYOUT.timeNs);
  }

  #tell(type: number, bytes: Uint8Array, view: DataView, at: number, size: number, pieces: Piece[]): void {
    const payload = at + BLOCK_LAYOUT.bytes;
    const text = (): unknown => JSON.parse(new TextDecoder().decode(bytes.subarray(payload, at + size)));
    try {
      switch (type) {
        case RECORDING_INFO_LAYOUT.type:
          pieces.push({ kind: 'info', info: partInfoSchema.parse(text()), recordingId: this.#recordingId });
          return;
        case RECORDING_STREAM_LAYOUT.type: {
          const info = streamInfoSchema.parse(text());
          const continued = info.continued === true;
          const state = { nextSequence: continued ? undefined : 0, prologue: continued };
          this.#streams.set(info.stream, state);
          if (info.stream === this.#selected) this.#state = state;
          pieces.push({ kind: 'stream', info });
          return;
        }
        case RECORDING_EXIT_LAYOUT.type:
          pieces.push({ kind: 'exit', exit: exitInfoSchema.parse(text()) });
          return;
        case RECORDING_TICK_LAYOUT.type:
          pieces.push({ kind: 'tick', nowNs: readRecord(view, payload, RECORDING_TICK_FIELDS).nowNs });
          return;
        case RECORDING_END_LAYOUT.type: {
          const { reason } = readRecord(view, payload, RECORDING_END_FIELDS);
          pieces.push({ kind: 'end', continued: reason === RECORDING_END.continued });
        }
      }
    } catch (error) {
      if (error instanceof CodedError) throw error;
      this.#damaged(at, 'a control block that this rxray cannot read');
    }
  }

  #refuse(why: string): never {
    throw new CodedError(
      'E_RECORDING',
      `${this.file} is no recording of rxray: ${why}`,
      'check the file name; captures and the output of other tools are read by rxray import',
      2,
    );
  }

  #damaged(at: number, why: string): never {
    throw new CodedError(
      'E_FRAMES',
      `${this.file} is damaged at byte ${this.#offset + at}: ${why}`,
      'what came before that byte was used; copy the file again',
    );
  }
}

function enlarged(room: Uint8Array, least: number): Uint8Array {
  const larger = new Uint8Array(Math.max(2 * room.length, least));
  larger.set(room);
  return larger;
}

function hasWholeBlock(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 1; at + BLOCK_LAYOUT.bytes <= bytes.length; at += 1) {
    if (view.getUint32(at, true) !== BLOCK_MAGIC) continue;
    const size = frameBytes(bytes, at);
    if (size <= 0 || at + size > bytes.length) continue;
    if (checksum(bytes, at, at + size, view) === view.getUint32(at + BLOCK_LAYOUT.crc32, true)) return true;
  }
  return false;
}
