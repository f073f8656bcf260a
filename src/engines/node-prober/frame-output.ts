import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameEncoder } from '../../codec/frame-encoder.js';
import { HELPER } from '../../codec/frames.gen.js';
import type { EngineEvent } from '../../model/engine-event.js';

/** Samples are dropped, and counted, while the reader is so far behind. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const FINISH_PATIENCE_MS = 2_000;

/**
 * Writes events as frames on the standard output. It writes to it as to a socket, because `process.stdout` blocks
 * the whole process while a pipe is full, and so would the reader decide when probes are sent.
 */
export class FrameOutput {
  readonly #encoder = new FrameEncoder(HELPER.prober);
  readonly #socket = new Socket({ fd: 1, readable: false, writable: true });
  #dropped = 0;

  /** @param broken called when nobody reads any more */
  constructor(broken: () => void) {
    this.#socket.on('error', broken);
  }

  /** Samples that were not written as nobody read the ones before. */
  get dropped(): number {
    return this.#dropped;
  }

  write(event: EngineEvent): void {
    if (event.kind === 'samples' && this.#socket.writableLength > MOST_WAITING_BYTES) {
      const count = event.samples.length;
      this.#dropped += count;
      this.#encoder.encode({ kind: 'lost-records', count, because: 'the reader is too slow' });
      return;
    }
    const bytes = this.#encoder.encode(event);
    if (bytes.length > 0) this.#socket.write(bytes);
  }

  /** Ends the stream; resolves when it has been read, or nobody seems to read it. */
  async finish(): Promise<void> {
    const closed = once(this.#socket, 'finish').catch(() => {});
    this.#socket.end();
    await Promise.race([closed, sleep(FINISH_PATIENCE_MS)]);
  }
}
