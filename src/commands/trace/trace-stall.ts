import { writeFile } from 'node:fs/promises';
import { judgeWait } from '../../correlate/judge-wait.js';
import { notThisNode } from '../../correlate/not-this-node.js';
import { startTracer } from '../../kernel/tracer.js';
import { WaitAssembly } from '../../kernel/wait-assembly.js';
import type { NamedSample, StallClass } from '../../model/culprit.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { TracerCost, TracerHello, WaitTotals } from '../../model/kernel-event.js';
import { foldedStacks } from '../../report/bisect/culprit-text.js';
import { createStallReporter } from '../../report/trace/stall-reporter.js';
import type { Io } from '../terminal/io.js';
import { traceQuality, traceRun } from './trace-quality.js';
import { type TraceScope, tracePlanOf, traceTransport } from './trace-scope.js';

export interface TraceStallOptions extends TraceScope {
  readonly minNs: number;
  /** Write every sample of the flight recorder too. */
  readonly samples: boolean;
  /** File for folded stacks of what ran while packets waited. */
  readonly folded?: string;
}

/**
 * `rxray trace stall`: who keeps received packets waiting.
 *
 * @returns 0 when nobody did, 1 when somebody did
 */
export async function traceStall(options: TraceStallOptions, io: Io): Promise<number> {
  const transport = await traceTransport(options);
  const run = startTracer(transport, {
    ...tracePlanOf(options),
    questions: [{ question: 'stall', minNs: options.minNs }],
  });
  const stop = (): void => run.stop();
  io.stop.addEventListener('abort', stop, { once: true });
  if (io.stop.aborted) stop();
  const trace = new StallTrace(options, io);
  try {
    for await (const event of run.events) await trace.take(event);
  } finally {
    io.stop.removeEventListener('abort', stop);
    await transport.close?.();
  }
  return trace.finish();
}

/** Waits that tell of nobody on the machine. */
const ACCUSES_NOBODY: ReadonlySet<StallClass> = new Set(['steal', 'unattributed']);

class StallTrace {
  readonly #assembly = new WaitAssembly();
  readonly #reporter;
  readonly #totals: WaitTotals[] = [];
  readonly #waiting: NamedSample[] = [];
  #hello: TracerHello | undefined;
  #cost: TracerCost | undefined;
  #epochRealNs = 0n;
  #lost = 0;
  #blamed = 0;
  #waits = 0;

  constructor(
    private readonly options: TraceStallOptions,
    private readonly io: Io,
  ) {
    this.#reporter = createStallReporter(options.json, options.samples);
  }

  async take(event: EngineEvent): Promise<void> {
    if (event.kind === 'start') this.#epochRealNs = event.epochRealNs;
    else if (event.kind === 'lost-records') this.#lost += event.count;
    else if (event.kind === 'warning') this.io.err(`rxray: ${event.message} [${event.code}]\n`);
    else if (event.kind === 'end') await this.#end(event);
    else if (event.kind === 'kernel') {
      const { event: told } = event;
      if (told.kind === 'hello') await this.#begin(told.hello);
      else if (told.kind === 'cost') this.#cost = told.cost;
      else if (told.kind === 'wait-totals') this.#totals.push(told.totals);
      const observed = this.#assembly.take(told);
      if (observed === undefined) return;
      const culprit = judgeWait(observed);
      if (!ACCUSES_NOBODY.has(culprit.class)) this.#blamed += 1;
      this.#waits += 1;
      if (this.options.folded !== undefined) {
        this.#waiting.push(...observed.samples.filter(({ isWithin }) => isWithin));
      }
      await this.io.out(this.#reporter.culprit(culprit, observed));
    }
  }

  async finish(): Promise<number> {
    if (this.options.folded !== undefined) await writeFile(this.options.folded, foldedStacks(this.#waiting));
    return this.#blamed > 0 ? 1 : 0;
  }

  async #begin(hello: TracerHello): Promise<void> {
    this.#hello = hello;
    const { minNs, cpus, netns, durationNs } = this.options;
    const options = { minNs, cpus: cpus ?? null, netns: netns ?? null, durationNs: durationNs ?? null };
    await this.io.out(this.#reporter.begin(traceRun('trace stall', hello, this.#epochRealNs, options)));
  }

  async #end(end: Extract<EngineEvent, { kind: 'end' }>): Promise<void> {
    const quality = traceQuality(this.#cost, this.#totals, this.#lost, end);
    // What was lost may have been the very wait that is looked for.
    const complete = quality.lostEvents + quality.droppedRecords === 0 && end.reason !== 'cut-off';
    if (this.#waits === 0 && complete && this.#hello !== undefined) {
      const run = { endNs: end.timeNs, netns: this.#hello.netns };
      await this.io.out(this.#reporter.culprit(notThisNode(this.#totals, this.options.minNs, run)));
    }
    await this.io.out(this.#reporter.end(quality));
  }
}
