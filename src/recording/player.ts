import { existsSync, statSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../model/errors.js';
import type { ClockOffset, Transport } from '../transports/transport.js';
import { SAME_CLOCK } from '../transports/transport.js';
import { partsOf } from './part-names.js';
import type { RunInfo, StreamInfo } from './recorded-run.js';
import { type Piece, RecordingReader } from './recording-reader.js';
import { ReplayedStream } from './replayed-stream.js';

export interface PlayerOptions {
  /** 1 is as fast as it was recorded, 0 as fast as it can. */
  readonly speed: number;
  /** What the user should know of the recording itself. */
  readonly onWarning: (message: string) => void;
  /** Called now and then with how many bytes of all have been read. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Ends the replay early. */
  readonly stop?: AbortSignal;
}

/** Plays a recording: delivers the frames of its streams one after the other, in the order of the recording. */
export class Player {
  readonly #streams = new Map<string, ReplayedStream>();
  readonly #infos = new Map<number, StreamInfo>();
  readonly #recordedNames = new Map<string, StreamInfo>();
  readonly #started = new Set<number>();
  readonly #batches: AsyncGenerator<Piece[]>;
  readonly #read: Piece[][] = [];
  readonly #totalBytes: number;
  #reader: RecordingReader | undefined;
  #bytesOfFilesBefore = 0;
  #run: RunInfo | undefined;
  #lastPart = 0;
  #recordingId: bigint | undefined;
  #endedInOrder = false;
  #damage: CodedError | undefined;
  #onTick: (nowNs: number) => void = () => {};
  #firstNs: number | undefined;
  #began = 0;

  private constructor(
    readonly file: string,
    private readonly files: readonly string[],
    private readonly options: PlayerOptions,
  ) {
    this.#totalBytes = files.reduce((sum, name) => sum + statSync(name).size, 0);
    this.#batches = this.#pieces();
  }

  /**
   * @param file a recording, or the name that one cut by size was given
   * @throws CodedError as {@link RecordingReader.pieces}
   */
  static async open(file: string, options: PlayerOptions): Promise<Player> {
    const files = existsSync(file) ? [file] : partsOf(file);
    if (files.length === 0) {
      throw new CodedError('E_RECORDING', `there is no recording ${file}`, 'check the path', 2);
    }
    const player = new Player(file, files, options);
    await player.#readAhead();
    return player;
  }

  /** What the recording says of its run. */
  get run(): RunInfo {
    if (this.#run) return this.#run;
    throw new CodedError('E_RECORDING', `${this.file} was cut off before it said what it is of`, 'record again', 2);
  }

  /** What ended the replay before the end of the recording, to be told after its results. */
  get damage(): CodedError | undefined {
    return this.#damage;
  }

  /** The clock of a stream's machine against that of the recorder. */
  clock(name: string): ClockOffset {
    return this.#recordedNames.get(name)?.clock ?? SAME_CLOCK;
  }

  /**
   * Stands for the transport to where the stream came from.
   *
   * @param joinSamples see {@link RecordedOutput}
   */
  transport(name: string, joinSamples = false): Transport {
    const stream = this.#stream(name);
    stream.joinSamples = joinSamples;
    return stream.transport;
  }

  /** The analysis has read the stream to its end. */
  closed(name: string): void {
    this.#stream(name).closed();
  }

  /** Called where the recorder told its analysis of the time. */
  onTick(callback: (nowNs: number) => void): void {
    this.#onTick = callback;
  }

  /** Delivers everything, and ends every stream. Damage ends it early and shows in `damage`. */
  async play(): Promise<void> {
    this.#began = performance.now();
    try {
      for (let batch = await this.#nextBatch(); batch !== undefined; batch = await this.#nextBatch()) {
        for (const piece of batch) {
          if (this.#stopped) break;
          await this.#take(piece);
        }
        if (this.#stopped) break;
        this.#tellProgress();
      }
      if (!this.#stopped && !this.#endedInOrder) {
        this.options.onWarning('the recording was cut off: its end is missing');
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#damage = error;
    }
    for (const stream of this.#streams.values()) await stream.end();
  }

  get #stopped(): boolean {
    return this.options.stop?.aborted === true;
  }

  async #nextBatch(): Promise<Piece[] | undefined> {
    const ahead = this.#read.shift();
    if (ahead) return ahead;
    const next = await this.#batches.next();
    return next.done ? undefined : next.value;
  }

  /** Up to the first frames: run and streams are known then. */
  async #readAhead(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#batches.next();
      if (done) return;
      this.#read.push(value);
      for (const piece of value) {
        if (piece.kind === 'frames' || piece.kind === 'exit') return;
        if (piece.kind === 'info') this.#run ??= piece.info.run;
        if (piece.kind === 'stream') this.#recordedNames.set(piece.info.name, piece.info);
      }
    }
  }

  async *#pieces(): AsyncGenerator<Piece[]> {
    for (const file of this.files) {
      this.#bytesOfFilesBefore += this.#reader?.progress.fileBytes ?? 0;
      this.#reader = new RecordingReader(file, { timed: this.options.speed > 0 });
      yield* this.#reader.pieces();
    }
  }

  async #take(piece: Piece): Promise<void> {
    switch (piece.kind) {
      case 'info':
        this.#checkPart(piece.info.part, piece.recordingId);
        return;
      case 'stream':
        this.#declare(piece.info);
        return;
      case 'frames': {
        const info = this.#infos.get(piece.stream);
        if (!info || (piece.repeated && this.#started.has(piece.stream))) return;
        this.#started.add(piece.stream);
        if (this.options.speed > 0) await this.#await(piece.timeNs);
        await this.#stream(info.name).deliver(piece.frames);
        return;
      }
      case 'exit': {
        const info = this.#infos.get(piece.exit.stream);
        if (info) await this.#stream(info.name).end(piece.exit);
        return;
      }
      case 'tick':
        // What the deliveries before set going must be over, as it was when it was recorded.
        await setImmediate();
        this.#onTick(piece.nowNs);
        return;
      case 'end':
        this.#endedInOrder = !piece.continued;
    }
  }

  #checkPart(part: number, recordingId: bigint): void {
    if (this.#recordingId !== undefined && recordingId !== this.#recordingId) {
      throw new CodedError(
        'E_RECORDING',
        `part ${part} of ${this.file} is of another recording`,
        'move the files of one recording to a folder of their own, or replay them one by one',
        2,
      );
    }
    this.#recordingId = recordingId;
    if (part !== this.#lastPart + 1) {
      const what = this.#lastPart === 0 ? `begins with part ${part}` : `lacks parts before part ${part}`;
      this.options.onWarning(`the recording ${what}: numbers are those of the rest`);
    }
    this.#lastPart = part;
  }

  #declare(info: StreamInfo): void {
    this.#recordedNames.set(info.name, info);
    this.#infos.set(info.stream, info);
    if (info.continued === true && !this.#started.has(info.stream)) this.#stream(info.name).partial = true;
  }

  #stream(name: string): ReplayedStream {
    const known = this.#streams.get(name);
    if (known) return known;
    const stream = new ReplayedStream(this.#recordedNames.get(name)?.place ?? `a recording, ${this.file}`);
    this.#streams.set(name, stream);
    return stream;
  }

  async #await(timeNs: number): Promise<void> {
    this.#firstNs ??= timeNs;
    const dueMs = this.#began + (timeNs - this.#firstNs) / 1e6 / this.options.speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleep(waitMs, undefined, { signal: this.options.stop }).catch(() => {});
  }

  #tellProgress(): void {
    const read = this.#bytesOfFilesBefore + (this.#reader?.progress.fileBytes ?? 0);
    this.options.onProgress?.(read, this.#totalBytes);
  }
}
