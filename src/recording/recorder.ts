import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  RECORDING_BYTES_FIELDS,
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
import type { CodedError } from '../model/errors.js';
import type { ClockOffset } from '../transports/transport.js';
import { ControlBlocks, recordingHeader } from './control-block.js';
import { partName } from './part-names.js';
import type { ExitInfo, PartInfo, RunInfo, StreamInfo } from './recorded-run.js';
import { RecordedStream, type StreamSink } from './recorded-stream.js';
import { RecordingFile, removePart } from './recording-file.js';
import { Turns } from './turns.js';

export interface RecorderOptions {
  /** A new file is begun when the present one is as large as this. */
  readonly rotateBytes?: number | undefined;
  /** So many files are kept; default all. */
  readonly keep?: number | undefined;
  /** Told once when the recording had to be given up; the measurement goes on. */
  readonly onTrouble: (trouble: CodedError) => void;
}

/**
 * Writes a recording: the frames of every helper as the pipe carries them, and in between which stream they are of.
 * What is taken in is taken in one at a time ({@link Turns}), so that replay can keep the order.
 */
export class Recorder implements StreamSink {
  readonly turns = new Turns();
  readonly #streams: RecordedStream[] = [];
  readonly #beganNs = process.hrtime.bigint();
  readonly #epochRealNs = BigInt(Date.now()) * 1_000_000n;
  readonly #id = randomBytes(8).readBigUInt64LE();
  #blocks = new ControlBlocks();
  #part = 1;

  private constructor(
    private readonly path: string,
    private readonly run: RunInfo,
    private readonly file: RecordingFile,
    private readonly options: RecorderOptions,
  ) {
    this.#begin();
  }

  /**
   * @param path compressed where it ends in .gz or .zst; with rotation the files get numbers before the endings
   * @throws CodedError E_RECORDING when the file cannot be made
   */
  static async open(path: string, run: RunInfo, options: RecorderOptions): Promise<Recorder> {
    const first = options.rotateBytes === undefined ? path : partName(path, 1);
    return new Recorder(path, run, await RecordingFile.open(first, options.onTrouble), options);
  }

  /** A stream begins: what one helper writes, whose transport goes through its `record`. */
  stream(name: string, place: string, clock: ClockOffset): RecordedStream {
    const { offsetNs, uncertaintyNs } = clock;
    const stream = new RecordedStream(this, {
      stream: this.#streams.length,
      name,
      place,
      clock: { offsetNs, uncertaintyNs },
    });
    this.#streams.push(stream);
    this.#declare(stream.info);
    return stream;
  }

  /** Tells the analysis of the time, in turn with what the streams bring. */
  async tick(nowNs: () => number, work: (nowNs: number) => void): Promise<void> {
    const end = await this.turns.take();
    try {
      // What earlier turns set going must be over, as it will be in replay.
      await setImmediate();
      const now = nowNs();
      this.file.append(this.#blocks.record(RECORDING_TICK_LAYOUT, RECORDING_TICK_FIELDS, { nowNs: now }));
      work(now);
    } finally {
      end();
    }
  }

  /** Whole headers and blocks of a stream. */
  async append(stream: RecordedStream, frames: Uint8Array): Promise<void> {
    this.#select(stream);
    this.file.append(frames);
    const { rotateBytes } = this.options;
    if (rotateBytes !== undefined && this.file.size >= rotateBytes && !this.file.failed) await this.#rotate();
    await this.file.room();
  }

  /** How a stream ended. */
  exit(exit: ExitInfo): void {
    this.file.append(this.#blocks.json(RECORDING_EXIT_LAYOUT.type, exit));
  }

  /** Resolves when all that was appended is with the kernel. */
  async written(): Promise<void> {
    await this.file.written();
  }

  async close(): Promise<void> {
    this.#end(RECORDING_END.complete);
    await this.file.close();
  }

  #begin(): void {
    const info: PartInfo = { part: this.#part, run: this.run };
    this.file.append(recordingHeader(this.#epochRealNs, this.#beganNs, this.#id));
    this.file.append(this.#blocks.json(RECORDING_INFO_LAYOUT.type, info));
  }

  #declare(info: StreamInfo): void {
    this.file.append(this.#blocks.json(RECORDING_STREAM_LAYOUT.type, info));
  }

  #select({ info }: RecordedStream): void {
    const about = { timeNs: this.#elapsedNs(), stream: info.stream };
    this.file.append(this.#blocks.record(RECORDING_BYTES_LAYOUT, RECORDING_BYTES_FIELDS, about));
  }

  #end(reason: number): void {
    const about = { timeNs: this.#elapsedNs(), reason };
    this.file.append(this.#blocks.record(RECORDING_END_LAYOUT, RECORDING_END_FIELDS, about));
  }

  /** The next file can be read without those before it: header, hello and clock of each stream are repeated. */
  async #rotate(): Promise<void> {
    this.#end(RECORDING_END.continued);
    this.#part += 1;
    this.#blocks = new ControlBlocks();
    this.file.goOnIn(partName(this.path, this.#part));
    this.#begin();
    for (const stream of this.#streams) {
      if (stream.ended) continue;
      this.#declare({ ...stream.info, continued: true });
      this.#select(stream);
      this.file.append(stream.prologue);
    }
    const { keep } = this.options;
    if (keep !== undefined && this.#part > keep) await removePart(partName(this.path, this.#part - keep));
  }

  #elapsedNs(): number {
    return Number(process.hrtime.bigint() - this.#beganNs);
  }
}
