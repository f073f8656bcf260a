import { FrameDecoder } from '../codec/frame-decoder.js';
import { encodePlan } from '../codec/plan-text.js';
import { CodedError } from '../model/errors.js';
import type { ProbePlan } from '../model/plan.js';
import type { EngineEvent } from '../model/run.js';
import type { HelperProcess, Transport } from '../transports/transport.js';
import type { Engine, ProbeRun } from './engine.js';

/** A helper that was told to end gets this long before it is ended by signal. */
const END_GRACE_MS = 5_000;

/** Probes through `rxray-prober`, wherever the transport starts it. */
export function createHelperEngine(transport: Transport): Engine {
  return { name: 'helper', start: (plan) => new HelperRun(transport, plan) };
}

class HelperRun implements ProbeRun {
  readonly events: AsyncIterable<EngineEvent>;
  #helper: HelperProcess | undefined;
  #stopped = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(transport: Transport, plan: ProbePlan) {
    this.events = this.#run(transport, plan);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#helper?.closeInput();
    this.#grace = setTimeout(() => this.#helper?.terminate(), END_GRACE_MS);
    this.#grace.unref();
  }

  async *#run(transport: Transport, plan: ProbePlan): AsyncGenerator<EngineEvent> {
    const helper = transport.launch('rxray-prober', []);
    this.#helper = helper;
    helper.send(encodePlan(plan));
    if (this.#stopped) helper.closeInput();
    const decoder = new FrameDecoder();
    let lastTimeNs = 0;
    let ended = false;
    try {
      // Held back until the prober says hello, so that what refuses a plan is the first thing a reader meets.
      let start: EngineEvent | undefined;
      for await (const chunk of helper.output) {
        for (const event of decoder.push(chunk)) {
          if (event.kind === 'failure') throw toError(event, plan, transport);
          if (event.kind === 'start') {
            start = event;
            continue;
          }
          if (event.kind === 'counters') lastTimeNs = event.counters.timeNs;
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
        message: `the prober on ${transport.place} ended early ${how}${exit.stderr === '' ? '' : `: ${exit.stderr}`}`,
      };
      yield { kind: 'end', timeNs: lastTimeNs, reason: 'cut-off' };
    } finally {
      // Also when the reader gave up: nothing may go on probing behind its back.
      helper.closeInput();
      clearTimeout(this.#grace);
      const grace = setTimeout(() => helper.terminate(), END_GRACE_MS);
      await helper.exited.finally(() => clearTimeout(grace));
    }
  }
}

function toError(
  failure: Extract<EngineEvent, { kind: 'failure' }>,
  plan: ProbePlan,
  transport: Transport,
): CodedError {
  const path = failure.path === undefined ? undefined : plan.paths[failure.path];
  const where = path === undefined ? '' : `${path.name}: `;
  const place = transport.place === 'this host' ? '' : ` (${transport.place})`;
  const usage = failure.code === 'E_PLAN' || failure.code === 'E_RATE_LIMIT' || failure.code === 'E_ADDRESS';
  return new CodedError(failure.code, `${where}${failure.message}${place}`, failure.remedy, usage ? 2 : 4);
}
