import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeRun } from '../../engines/engine.js';
import type { EngineEvent } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** A run that lasted so long was a good one: the next wait is the shortest again. */
const GOOD_RUN_MS = 10_000;
/** Helpers tell something every second. */
const SILENT_MS = 10_000;
const WATCH_MS = 2_000;

export interface KeptRunEvents {
  event(event: EngineEvent): void;
  /** It ended by itself, or never began, and is started again after this many ms. */
  restart(why: string, waitMs: number): void;
  /** Its environment refused it; what is to be left out of the next start is up to the listener. */
  refused?(error: CodedError): void;
}

/** A helper that is to run all the time: started again, after growing waits, whenever it ends or falls silent. */
export class KeptRun {
  #run: ProbeRun | undefined;
  #stopped = false;
  readonly #ended: Promise<void>;
  readonly #stop = new AbortController();

  constructor(
    private readonly start: () => ProbeRun,
    private readonly listener: KeptRunEvents,
  ) {
    this.#ended = this.#keep();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop.abort();
    this.#run?.stop();
    await this.#ended;
  }

  async #keep(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#stopped) {
      const began = performance.now();
      const why = await this.#once();
      if (this.#stopped) return;
      if (performance.now() - began > GOOD_RUN_MS) waitMs = FIRST_WAIT_MS;
      this.listener.restart(why, waitMs);
      await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  /** @returns why it ended */
  async #once(): Promise<string> {
    let why = 'it ended';
    let lastMs = performance.now();
    let lookedMs = lastMs;
    const watch = setInterval(() => {
      const now = performance.now();
      // Where this process itself stood still, nothing could be heard.
      if (now - lookedMs > 2 * WATCH_MS) lastMs = now;
      lookedMs = now;
      if (now - lastMs < SILENT_MS) return;
      why = `it said nothing for ${SILENT_MS / 1000} s`;
      this.#run?.stop();
    }, WATCH_MS);
    try {
      this.#run = this.start();
      for await (const event of this.#run.events) {
        lastMs = performance.now();
        if (event.kind === 'warning' && event.code === 'W_CUT_OFF') why = event.message;
        this.listener.event(event);
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      why = `${error.message} [${error.code}]`;
      this.listener.refused?.(error);
    } finally {
      clearInterval(watch);
      this.#run = undefined;
    }
    return why;
  }
}
