import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { withoutRecords } from '../codec/emptied-blocks.js';
import { FrameCutter, frameBytes, joined } from '../codec/frame-cutter.js';
import {
  BLOCK_LAYOUT,
  FRAMES_MAGIC,
  HEARD_LAYOUT,
  RECORDING_BYTES_FIELDS,
  RECORDING_BYTES_LAYOUT,
  RECORDING_END,
  RECORDING_END_FIELDS,
  RECORDING_END_LAYOUT,
  RECORDING_INFO_LAYOUT,
  RECORDING_STREAM_LAYOUT,
  TEXT_LAYOUT,
} from '../codec/frames.gen.js';
import { MS } from '../model/time.js';
import type { HelperProcess, Transport } from '../transports/transport.js';
import { ControlBlocks, recordingHeader } from './control-block.js';
import { KeptFrames } from './kept-frames.js';
import { type PartInfo, PROBE_STREAM, type RunInfo, type StreamInfo } from './recorded-run.js';

export interface FlightOptions {
  /** Frames are kept for so long … */
  readonly keptMs: number;
  /** … and no more bytes of memory for them than this. */
  readonly memoryBytes: number;
  /** Where recordings go. */
  readonly folder: string;
  /** At most so many recordings … */
  readonly keep: number;
  /** … and so many bytes of them; the oldest go. */
  readonly folderBytes: number;
}

export interface KeptRecording {
  readonly name: string;
  readonly bytes: number;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.rxr\.gz$/;
const HALF = '.part';

/**
 * The frames of a helper of the last minutes, in memory, and the recordings that were made of them around incidents.
 * Each is whole or not there.
 */
export class FlightRecorder {
  readonly #kept = new KeptFrames();
  #prologue: Uint8Array = new Uint8Array(0);
  #prologueWhole = false;
  #recordings: KeptRecording[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failed = 0;
  #launches = 0;

  constructor(private readonly options: FlightOptions) {}

  /** Recordings there are, oldest first. */
  get recordings(): readonly KeptRecording[] {
    return this.#recordings;
  }

  /** Recordings that could not be written. */
  get failed(): number {
    return this.#failed;
  }

  get memoryBytes(): number {
    return this.#kept.bytes;
  }

  /** Takes up what an earlier process left, and removes what it did not finish. */
  async open(): Promise<void> {
    const { folder } = this.options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = await readdir(folder);
    await Promise.all(
      names.filter((name) => name.endsWith(HALF)).map((name) => rm(join(folder, name), { force: true })),
    );
    const kept = names.filter((name) => NAME.test(name)).sort();
    this.#recordings = await Promise.all(
      kept.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })),
    );
    await this.#bound();
  }

  /** The transport, with what its helper writes kept for a while. A new launch begins anew. */
  tap(transport: Transport): Transport {
    return {
      ...transport,
      launch: (name, args) => {
        const helper = transport.launch(name, args);
        this.#forget();
        this.#launches += 1;
        return { ...helper, output: this.#read(helper, this.#launches) };
      },
    };
  }

  /**
   * Writes what is kept now into a recording, once those before it are written.
   *
   * @returns its name, undefined where it could not be written or nothing is kept
   */
  async write(name: string, run: RunInfo, place: string): Promise<string | undefined> {
    let written: string | undefined;
    this.#writing = this.#writing.then(async () => {
      written = await this.#write(`${name}.rxr.gz`, run, place);
    });
    await this.#writing;
    return written;
  }

  /** The path of a recording; undefined where there is none of that name. */
  pathOf(name: string): string | undefined {
    return this.#recordings.some((recording) => recording.name === name) ? join(this.options.folder, name) : undefined;
  }

  /** Of the latest launch alone: one that is on its end is of no use beside it. */
  async *#read(helper: HelperProcess, launch: number): AsyncGenerator<Uint8Array> {
    const cutter = new FrameCutter();
    for await (const chunk of helper.output) {
      const frames = cutter.push(chunk);
      // What a prober hears beside its own probes is many times their bytes, and nothing that a recording is read for.
      if (frames.length > 0 && launch === this.#launches)
        this.#keep(new Uint8Array(withoutRecords(frames, HEARD_LAYOUT.type)));
      yield chunk;
    }
  }

  #keep(frames: Uint8Array): void {
    const kept = this.#prologueWhole ? frames : this.#takePrologue(frames);
    const now = performance.now();
    if (kept.length > 0) this.#kept.push({ atMs: now, frames: kept });
    this.#kept.forget(now - this.options.keptMs, this.options.memoryBytes);
  }

  /** Keeps header and hello apart, which every recording begins with. @returns the frames behind them */
  #takePrologue(frames: Uint8Array): Uint8Array {
    let at = 0;
    while (at < frames.length && !this.#prologueWhole) {
      const size = frameBytes(frames, at);
      if (size <= 0) break;
      const frame = frames.subarray(at, at + size);
      const isHeader = frames[at] === FRAMES_MAGIC[0];
      const type = (frames[at + BLOCK_LAYOUT.type] ?? 0) + 256 * (frames[at + BLOCK_LAYOUT.type + 1] ?? 0);
      const isText = !isHeader && type === TEXT_LAYOUT.type;
      if (isHeader || isText) this.#prologue = joined(this.#prologue, frame);
      this.#prologueWhole = isText && Buffer.from(frame).includes('"hello"');
      at += size;
    }
    return frames.subarray(at);
  }

  #forget(): void {
    this.#kept.clear();
    this.#prologue = new Uint8Array(0);
    this.#prologueWhole = false;
  }

  async #write(name: string, run: RunInfo, place: string): Promise<string | undefined> {
    if (!this.#prologueWhole || this.#kept.isEmpty) return undefined;
    const path = join(this.options.folder, name);
    const half = `${path}${HALF}`;
    try {
      const bytes = await promisify(gzip)(this.#assembled(run, place), { level: 4 });
      // What does not fit even alone would only push out all others.
      if (bytes.length > this.options.folderBytes) throw new Error('larger than all recordings may be');
      const file = await open(half, 'w', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(half, path);
      this.#recordings = [...this.#recordings.filter((other) => other.name !== name), { name, bytes: bytes.length }];
      await this.#bound();
      return name;
    } catch {
      this.#failed += 1;
      await rm(half, { force: true }).catch(() => {});
      return undefined;
    }
  }

  #assembled(run: RunInfo, place: string): Buffer {
    const blocks = new ControlBlocks();
    const nowNs = process.hrtime.bigint();
    const chunks = this.#kept.chunks();
    const firstMs = chunks[0]?.atMs ?? 0;
    // Header and hello stand alone: only what is selected after them counts as the stream going on.
    const select = (atMs: number): Uint8Array =>
      blocks.record(RECORDING_BYTES_LAYOUT, RECORDING_BYTES_FIELDS, {
        timeNs: Math.round((atMs - firstMs) * MS),
        stream: stream.stream,
      });
    const info: PartInfo = { part: 1, run };
    const stream: StreamInfo = {
      stream: 0,
      name: PROBE_STREAM,
      place,
      clock: { offsetNs: 0, uncertaintyNs: 0 },
      continued: true,
    };
    return Buffer.concat([
      recordingHeader(BigInt(Date.now()) * 1_000_000n, nowNs, randomBytes(8).readBigUInt64LE()),
      blocks.json(RECORDING_INFO_LAYOUT.type, info),
      blocks.json(RECORDING_STREAM_LAYOUT.type, stream),
      select(firstMs),
      this.#prologue,
      ...chunks.flatMap(({ atMs, frames }) => [select(atMs), frames]),
      blocks.record(RECORDING_END_LAYOUT, RECORDING_END_FIELDS, {
        timeNs: Math.round(((chunks.at(-1)?.atMs ?? 0) - firstMs) * MS),
        reason: RECORDING_END.complete,
      }),
    ]);
  }

  async #bound(): Promise<void> {
    const { keep, folderBytes, folder } = this.options;
    const total = (): number => this.#recordings.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.#recordings.length > keep || (this.#recordings.length > 1 && total() > folderBytes)) {
      const [oldest] = this.#recordings.splice(0, 1);
      if (oldest !== undefined) await rm(join(folder, oldest.name), { force: true }).catch(() => {});
    }
  }
}
