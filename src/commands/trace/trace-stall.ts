import { judgeWait } from '../../correlate/judge-wait.js';
import { noWait } from '../../correlate/no-wait.js';
import { WaitAssembly } from '../../kernel/wait-assembly.js';
import type { StallClass } from '../../model/culprit.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { TracerCost, TracerHello, WaitTotals } from '../../model/kernel-event.js';
import { FoldedStacks } from '../../report/trace/folded-stacks.js';
import { createStallReporter } from '../../report/trace/stall-reporter.js';
import { EXIT } from '../run/exit-status.js';
import { checkOutputs } from '../terminal/check-output.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';
import { runTrace } from './run-trace.js';
import { traceQuality, traceRun } from './trace-quality.js';
import { type TraceScope, traceInputs, tracePlace, tracePlanOf } from './trace-scope.js';

export interface TraceStallOptions extends TraceScope {
  readonly allNamespaces: boolean;
  readonly minNs: number;
  /** Write every sample of the flight recorder too. */
  readonly samples: boolean;
  /** File for folded stacks of what ran while packets waited. */
  readonly folded?: string | undefined;
}

/**
 * `rxray trace stall`: who keeps received packets waiting.
 *
 * @returns 0 when nobody did, 1 when somebody did, 4 when the tracer did not come to its end
 */
export async function traceStall(options: TraceStallOptions, io: Io): Promise<number> {
  const results = { path: options.output, what: 'where the results go' };
  const folded = { path: options.folded, what: 'where folded stacks go' };
  checkOutputs([results, folded], traceInputs(options));
  const { transport } = await tracePlace(options);
  const plan = { ...tracePlanOf(options), questions: [{ question: 'stall', minNs: options.minNs } as const] };
  return withOutput(options, io, async (output) => {
    const trace = new StallTrace(options, output, io);
    const status = await runTrace(transport, plan, { take: (event) => trace.take(event) }, io);
    await trace.writeFolded();
    return status === EXIT.completed && trace.blamed > 0 ? EXIT.found : status;
  });
}

const FOLDED_EVERY_MS = 1_000;

/** Waits that tell of nobody on the machine. */
const ACCUSES_NOBODY: ReadonlySet<StallClass> = new Set(['steal', 'unattributed']);

class StallTrace {
  readonly #assembly = new WaitAssembly();
  readonly #reporter;
  readonly #totals: WaitTotals[] = [];
  readonly #folded = new FoldedStacks();
  #foldedAt = 0;
  #hello: TracerHello | undefined;
  #cost: TracerCost | undefined;
  #epochRealNs = 0n;
  #lost = 0;
  /** Waits that somebody is to blame for. */
  blamed = 0;
  #waits = 0;

  constructor(
    private readonly options: TraceStallOptions,
    private readonly output: Output,
    private readonly io: Io,
  ) {
    this.#reporter = createStallReporter(options.json, options.samples);
  }

  async take(event: EngineEvent): Promise<void> {
    if (event.kind === 'start') this.#epochRealNs = event.epochRealNs;
    else if (event.kind === 'lost-records') this.#lost += event.count;
    else if (event.kind === 'end') await this.#end(event);
    else if (event.kind === 'kernel') {
      const { event: told } = event;
      if (told.kind === 'hello') await this.#begin(told.hello);
      else if (told.kind === 'cost') this.#cost = told.cost;
      else if (told.kind === 'wait-totals') this.#totals.push(told.totals);
      const observed = this.#assembly.take(told);
      if (observed === undefined) return;
      const culprit = judgeWait(observed);
      if (!ACCUSES_NOBODY.has(culprit.class)) this.blamed += 1;
      this.#waits += 1;
      if (this.options.folded !== undefined) {
        this.#folded.add(observed.samples.filter(({ isWithin }) => isWithin));
        if (performance.now() - this.#foldedAt > FOLDED_EVERY_MS) await this.writeFolded();
      }
      await this.output.write(this.#reporter.culprit(culprit, observed));
    }
  }

  /** Whole each time, so that a run that is killed leaves what it had. */
  async writeFolded(): Promise<void> {
    if (this.options.folded === undefined) return;
    await withOutput({ output: this.options.folded }, this.io, (file) => file.write(this.#folded.text()));
    this.#foldedAt = performance.now();
  }

  async #begin(hello: TracerHello): Promise<void> {
    this.#hello = hello;
    const { minNs, cpus, netns, durationNs } = this.options;
    const options = { minNs, cpus: cpus ?? null, netns: netns ?? null, durationNs: durationNs ?? null };
    await this.output.write(this.#reporter.begin(traceRun('trace stall', hello, this.#epochRealNs, options)));
  }

  async #end(end: Extract<EngineEvent, { kind: 'end' }>): Promise<void> {
    const quality = traceQuality(this.#cost, this.#totals, this.#lost, end);
    // What was lost may have been the very wait that is looked for.
    const complete = quality.lostEvents + quality.droppedRecords === 0 && end.reason !== 'cut-off';
    if (this.#waits === 0 && complete && this.#hello !== undefined) {
      const run = { endNs: end.timeNs, netns: this.#hello.netns };
      await this.output.write(this.#reporter.culprit(noWait(this.#totals, this.options.minNs, run)));
    }
    await this.output.write(this.#reporter.end(quality));
  }
}
