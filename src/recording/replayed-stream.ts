import { frameBytes } from '../codec/frame-cutter.js';
import { BLOCK_LAYOUT, FRAMES_MAGIC, PATH_TOTALS_LAYOUT } from '../codec/frames.gen.js';
import { CodedError } from '../model/errors.js';
import type { HelperExit, HelperProcess, Transport } from '../transports/transport.js';
import type { ExitInfo } from './recorded-run.js';

type Read = (result: IteratorResult<Uint8Array>) => void;

/** How a stream ends that the recording has no end of. */
const RECORDING_ENDED: HelperExit = { code: null, signal: 'the end of the recording', stderr: '' };

/**
 * A stream of a recording, as if its helper were running. Each delivery waits until what was delivered has been worked
 * on, so that streams are worked on in the order of the recording.
 */
export class ReplayedStream {
  #launched = false;
  #over = false;
  #reading: Read | undefined;
  #asked: () => void = () => {};
  #exit: (exit: HelperExit) => void = () => {};
  #fail: (error: CodedError) => void = () => {};
  /** The recording has not its beginning: totals of the whole run do not fit what is there. */
  partial = false;
  /** See {@link RecordedOutput}; to be set before the launch. */
  joinSamples = false;

  /** To be launched once. */
  readonly transport: Transport;

  /** @param place where its helper ran, as messages say it */
  constructor(place: string) {
    this.transport = { place, launch: () => this.#launch() };
  }

  /** Resolves when the bytes have been worked on, or at once where nobody reads this stream. */
  deliver(frames: Uint8Array): Promise<void> | undefined {
    if (!this.#launched || this.#over) return undefined;
    const value = this.partial ? withoutTotals(frames) : frames;
    const asked = new Promise<void>((resolve) => {
      this.#asked = resolve;
    });
    const read = this.#reading;
    if (!read) throw new Error('a stream is read by its one reader, who asks for more when it is done');
    this.#reading = undefined;
    read({ done: false, value });
    return asked;
  }

  /** The helper ended. Resolves when what follows from that has been worked on. */
  async end(exit?: ExitInfo): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    if (!this.#launched) return;
    const closed = new Promise<void>((resolve) => {
      this.#asked = resolve;
    });
    if (exit?.failure) {
      const { code, message, remedy, exitCode } = exit.failure;
      this.#fail(new CodedError(code, message, remedy, exitCode));
    } else {
      this.#exit(exit ?? RECORDING_ENDED);
    }
    this.#reading?.({ done: true, value: undefined });
    await closed;
  }

  /** The analysis has read the stream to its end. */
  closed(): void {
    this.#over = true;
    setImmediate(() => this.#asked());
  }

  #launch(): HelperProcess {
    this.#launched = true;
    const exited = new Promise<HelperExit>((resolve, reject) => {
      this.#exit = resolve;
      this.#fail = reject;
    });
    exited.catch(() => {});
    const next = (): Promise<IteratorResult<Uint8Array>> => {
      if (this.#over) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => {
        this.#reading = resolve;
        this.#asked();
      });
    };
    const leave = (): Promise<IteratorResult<Uint8Array>> => {
      this.#exit(RECORDING_ENDED);
      this.closed();
      return Promise.resolve({ done: true, value: undefined });
    };
    return {
      output: { [Symbol.asyncIterator]: () => ({ next, return: leave }) },
      send: () => {},
      closeInput: () => {},
      terminate: () => {},
      exited,
      recorded: { checked: true, joinSamples: this.joinSamples },
    };
  }
}

function withoutTotals(frames: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  for (let at = 0; at < frames.length; ) {
    const size = frameBytes(frames, at);
    const type = (frames[at + BLOCK_LAYOUT.type] ?? 0) + 256 * (frames[at + BLOCK_LAYOUT.type + 1] ?? 0);
    const isTotals = frames[at] !== FRAMES_MAGIC[0] && type === PATH_TOTALS_LAYOUT.type;
    if (!isTotals) kept.push(frames.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat(kept);
}
