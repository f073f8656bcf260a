import { judgeWait } from '../../correlate/judge-wait.js';
import { shiftCulprit } from '../../correlate/shift-culprit.js';
import type { TraceRun } from '../../kernel/tracer.js';
import { WaitAssembly } from '../../kernel/wait-assembly.js';
import type { Culprit } from '../../model/culprit.js';
import { CodedError } from '../../model/errors.js';
import type { TracerCost } from '../../model/kernel-event.js';
import { type TraceEvidence, TraceTeller } from './trace-teller.js';

/** Of one machine so many are remembered; then the first ones are forgotten. */
const MOST_CULPRITS = 5_000;

export interface CulpritWatchOptions {
  /** Name of the machine in stages and verdicts. */
  readonly machine: string;
  /** CLOCK_REALTIME that the instants of the run count from. */
  readonly epochRealNs: bigint;
  /** The shortest wait that is asked for. */
  readonly minNs: number;
  /** The machine's clock minus ours, and how far that may be off. */
  readonly clock: { readonly offsetNs: number; readonly uncertaintyNs: number };
}

/** The tracer at work on one machine: who holds received packets back there. */
export class CulpritWatch {
  readonly #assembly = new WaitAssembly();
  #culprits: Culprit[] = [];
  #began: number | undefined;
  #ended = false;
  #lastNs: number | undefined;
  #lostOnTheWay = 0;
  readonly #losses: { timeNs: number; lostEvents: number }[] = [];

  constructor(
    readonly options: CulpritWatchOptions,
    private readonly run: TraceRun,
  ) {}

  get culprits(): readonly Culprit[] {
    return this.#culprits;
  }

  /** Since when it traces, on the time line of the run; undefined before, and where it never did. */
  get beganNs(): number | undefined {
    return this.#began;
  }

  /** Until when it traced; infinite while it does. */
  get toNs(): number {
    return this.#ended ? (this.#lastNs ?? Number.NEGATIVE_INFINITY) : Number.POSITIVE_INFINITY;
  }

  /** Running totals of what the trace lost. */
  get losses(): readonly { readonly timeNs: number; readonly lostEvents: number }[] {
    return this.#losses;
  }

  get ended(): boolean {
    return this.#ended;
  }

  stop(): void {
    this.run.stop();
  }

  #note({ timeNs, lostEvents, droppedRecords }: TracerCost, shiftNs: number): void {
    this.#lastNs = timeNs + shiftNs;
    this.#losses.push({
      timeNs: timeNs + shiftNs,
      lostEvents: lostEvents + Math.max(droppedRecords, this.#lostOnTheWay),
    });
    if (this.#losses.length > MOST_CULPRITS) this.#losses.splice(1, MOST_CULPRITS / 2);
  }

  /**
   * Reads the tracer to its end. Every wait that it tells of is evidence, whoever held the CPU; where it tells of none,
   * that is evidence too as long as nothing got lost on the way.
   *
   * @returns why it could not trace, or undefined when it could
   */
  async follow(onCulprit: (culprit: Culprit) => void, evidence: TraceEvidence): Promise<string | undefined> {
    const { machine, epochRealNs, minNs, clock } = this.options;
    let shiftNs = 0;
    const teller = new TraceTeller(machine, { minNs, uncertaintyNs: clock.uncertaintyNs }, evidence);
    try {
      for await (const event of this.run.events) {
        if (event.kind === 'start') shiftNs = Number(event.epochRealNs - epochRealNs) - clock.offsetNs;
        if (event.kind === 'lost-records') this.#lostOnTheWay += event.count;
        if (event.kind === 'end') this.#lastNs = event.timeNs + shiftNs;
        if (event.kind !== 'kernel') continue;
        if (event.event.kind === 'hello') this.#began = shiftNs + event.event.hello.tracesFromNs;
        if (event.event.kind === 'cost') this.#note(event.event.cost, shiftNs);
        teller.take(event.event, shiftNs);
        const observed = this.#assembly.take(event.event);
        if (observed === undefined) continue;
        const culprit = { ...shiftCulprit(judgeWait(observed), Math.round(shiftNs)), vantage: machine };
        this.#culprits.push(culprit);
        if (this.#culprits.length > MOST_CULPRITS) this.#culprits = this.#culprits.slice(MOST_CULPRITS / 2);
        onCulprit(culprit);
      }
      return this.#began === undefined ? 'the tracer ended before it traced' : undefined;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return error.message;
    } finally {
      this.#ended = true;
      teller.end(this.#lastNs);
    }
  }
}
