import { FrameCutter, frameBytes, joined } from '../codec/frame-cutter.js';
import { BLOCK_LAYOUT, FRAMES_MAGIC, TEXT_LAYOUT } from '../codec/frames.gen.js';
import { CodedError } from '../model/errors.js';
import type { HelperExit, HelperName, HelperProcess, Transport } from '../transports/transport.js';
import type { ExitInfo, StreamInfo } from './recorded-run.js';
import type { Turns } from './turns.js';

/** The recording as one of its streams knows it. */
export interface StreamSink {
  readonly turns: Turns;
  append(stream: RecordedStream, frames: Uint8Array): Promise<void>;
  exit(exit: ExitInfo): void;
}

/**
 * A stream on its way to the analysis, written down as it passes. Whoever reads what `record` gives calls `closed` when
 * it has read to the end, has failed, or has left.
 */
export class RecordedStream {
  readonly #cutter = new FrameCutter();
  #prologue: Uint8Array = new Uint8Array(0);
  #prologueWhole = false;
  #ended = false;
  #endTurn: () => void = () => {};

  constructor(
    private readonly recorder: StreamSink,
    readonly info: StreamInfo,
  ) {}

  /** Header and hello, which every file of the recording has. */
  get prologue(): Uint8Array {
    return this.#prologue;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The transport, with what its helper writes written down. For one launch. */
  record(transport: Transport): Transport {
    return {
      place: transport.place,
      launch: (name: HelperName, args: readonly string[]): HelperProcess => {
        const helper = launched(transport, name, args);
        return {
          output: this.#output(helper),
          send: (text) => helper.send(text),
          closeInput: () => helper.closeInput(),
          terminate: () => helper.terminate(),
          exited: helper.exited,
        };
      },
    };
  }

  /** Writes whole frames down and begins a turn, which the next call of this, `end` or `closed` ends. */
  async take(frames: Uint8Array): Promise<void> {
    this.#endTurn();
    this.#endTurn = await this.recorder.turns.take();
    this.#keepPrologue(frames);
    await this.recorder.append(this, frames);
  }

  /** What was taken in has been worked on. */
  done(): void {
    this.#endTurn();
  }

  /** The helper has ended; begins the last turn. */
  async end(exit: HelperExit, failure?: CodedError): Promise<void> {
    this.#endTurn();
    this.#endTurn = await this.recorder.turns.take();
    this.#ended = true;
    this.recorder.exit({
      stream: this.info.stream,
      code: exit.code,
      signal: exit.signal,
      stderr: exit.stderr,
      ...(failure === undefined
        ? {}
        : {
            failure: {
              code: failure.code,
              message: failure.message,
              remedy: failure.remedy,
              exitCode: failure.exitCode,
            },
          }),
    });
  }

  /** The analysis has read the stream to its end; what follows from that comes before the next turn. */
  closed(): void {
    setImmediate(this.#endTurn);
  }

  /** The turn of the last chunk, or of the end, lasts until `closed`. */
  async *#output(helper: HelperProcess): AsyncGenerator<Uint8Array> {
    for await (const chunk of helper.output) {
      const frames = this.#cutter.push(chunk);
      if (frames.length === 0) continue;
      await this.take(frames);
      yield frames;
      this.done();
    }
    await helper.exited.then(
      (exit) => this.end(exit),
      (error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        return this.end({ code: null, signal: null, stderr: '' }, error);
      },
    );
  }

  #keepPrologue(frames: Uint8Array): void {
    if (this.#prologueWhole) return;
    let at = 0;
    while (at < frames.length && !this.#prologueWhole) {
      const size = frameBytes(frames, at);
      if (size <= 0) break;
      const isHeader = frames[at] === FRAMES_MAGIC[0];
      const type = (frames[at + BLOCK_LAYOUT.type] ?? 0) + 256 * (frames[at + BLOCK_LAYOUT.type + 1] ?? 0);
      const isText = !isHeader && type === TEXT_LAYOUT.type;
      if (isHeader || isText) this.#prologue = joined(this.#prologue, frames.subarray(at, at + size));
      if (isText && Buffer.from(frames.subarray(at, at + size)).includes('"hello"')) this.#prologueWhole = true;
      at += size;
    }
  }
}

/** What cannot be launched is a helper that fails at once, so that the recording has it. */
function launched(transport: Transport, name: HelperName, args: readonly string[]): HelperProcess {
  try {
    return transport.launch(name, args);
  } catch (error) {
    const exited = Promise.reject(error);
    exited.catch(() => {});
    return { output: noOutput(), send: () => {}, closeInput: () => {}, terminate: () => {}, exited };
  }
}

async function* noOutput(): AsyncGenerator<Uint8Array> {}
