import { FrameDecoder } from '../codec/frame-decoder.js';
import { type EngineEvent, timeOf } from '../model/engine-event.js';
import type { CodedError } from '../model/errors.js';
import type { HelperName, HelperProcess, Transport } from './transport.js';

/** A helper that was told to end gets this long before it is ended by signal. */
const END_GRACE_MS = 5_000;
/** One that has yet to say a word has nothing to tell. */
const UNHEARD_GRACE_MS = 1_000;

export type HelperFailure = Extract<EngineEvent, { kind: 'failure' }>;

/** One run of a helper, whether it probes, looks on or traces: its plan goes in, events come out. */
export class HelperRun {
  readonly events: AsyncIterable<EngineEvent>;
  #helper: HelperProcess | undefined;
  #stopped = false;
  #isHeard = false;
  #grace: NodeJS.Timeout | undefined;

  /** @param toError what a failure that the helper reports is to be thrown as */
  constructor(transport: Transport, name: HelperName, plan: string, toError: (failure: HelperFailure) => CodedError) {
    this.events = this.#run(transport, name, plan, toError);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#helper?.closeInput();
    this.#grace = setTimeout(() => this.#helper?.terminate(), this.#isHeard ? END_GRACE_MS : UNHEARD_GRACE_MS);
    this.#grace.unref();
  }

  async *#run(
    transport: Transport,
    name: HelperName,
    plan: string,
    toError: (failure: HelperFailure) => CodedError,
  ): AsyncGenerator<EngineEvent> {
    const helper = transport.launch(name, []);
    this.#helper = helper;
    helper.send(plan);
    if (this.#stopped) helper.closeInput();
    const decoder = new FrameDecoder(helper.recorded);
    let lastTimeNs = 0;
    let ended = false;
    try {
      // Held back until the helper says hello, so that what refuses a plan is the first thing a reader meets.
      let start: EngineEvent | undefined;
      for await (const chunk of helper.output) {
        this.#isHeard = true;
        for (const event of decoder.push(chunk)) {
          if (event.kind === 'failure') throw toError(event);
          if (event.kind === 'start') {
            start = event;
            continue;
          }
          if (event.kind === 'counters') lastTimeNs = event.counters.timeNs;
          if (event.kind === 'samples')
            for (const told of event.told ?? []) if (told.kind === 'counters') lastTimeNs = timeOf(told);
          if (event.kind === 'kernel' && event.event.kind === 'cost') lastTimeNs = event.event.cost.timeNs;
          if (event.kind === 'end') ended = true;
          if (start) yield start;
          start = undefined;
          yield event;
        }
      }
      if (ended) return;
      const exit = await helper.exited;
      const how = exit.signal === null ? `with status ${exit.code}` : `by ${exit.signal}`;
      yield {
        kind: 'warning',
        code: 'W_CUT_OFF',
        message: `${name === 'rxray-prober' ? 'the prober' : 'the tracer'} on ${transport.place} ended early ${how}${exit.stderr === '' ? '' : `: ${exit.stderr}`}`,
      };
      yield { kind: 'end', timeNs: lastTimeNs, reason: 'cut-off' };
    } finally {
      // Also when the reader gave up: nothing may go on behind its back.
      helper.closeInput();
      clearTimeout(this.#grace);
      const grace = setTimeout(() => helper.terminate(), END_GRACE_MS);
      await helper.exited.finally(() => clearTimeout(grace));
    }
  }
}
