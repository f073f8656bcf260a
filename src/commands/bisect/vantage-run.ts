import type { Engine, ProbeRun } from '../../engines/engine.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import type { EngineEvent, ProberHello } from '../../model/engine-event.js';
import { CodedError } from '../../model/errors.js';
import { type Judging, judgingOf } from '../../model/judging.js';
import { DEFAULT_MATCH_NS, DEFAULT_MAX_PACKETS_PER_SECOND, DEFAULT_WAIT_NS, type ProbePlan } from '../../model/plan.js';
import { present } from '../../model/present.js';
import type { RunResult } from '../../report/probe/reporter.js';
import { type MeasuredEvent, measuredRun } from '../run/measured-run.js';
import { Measurement } from '../run/measurement.js';
import { rebase } from '../run/rebase.js';

export interface VantageRunOptions extends Judging {
  readonly thresholdNs: number;
  readonly durationNs: number;
  readonly cpu: 'auto' | 'none' | number;
  /** CLOCK_REALTIME that the instants of all vantages count from. */
  readonly epochRealNs: bigint;
  /** What keys are made of, shared with watchers. */
  readonly secret: string;
  /** The vantage's clock minus ours. */
  readonly clockOffsetNs: number;
  /** First and last source port that the other vantages leave to this one. */
  readonly sourcePorts?: readonly [number, number] | undefined;
  /** Of the rxray that measured; default this one. */
  readonly version?: string;
}

/** The probes of one vantage. When it dies the others go on: its paths are then told to be without evidence. */
export class VantageRun {
  readonly plan: ProbePlan;
  readonly #run: ProbeRun;
  #hello: ProberHello | undefined;
  readonly #measurement: Measurement;
  #state: 'starting' | 'running' | 'ended' | 'failed' = 'starting';
  #why: string | undefined;
  #failure: CodedError | undefined;
  #heardNs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly name: string,
    engine: Engine,
    /** Samples name paths by their index here. */
    readonly paths: readonly HostsPath[],
    private readonly options: VantageRunOptions,
  ) {
    this.plan = {
      paths: paths.map((path) => path.planned),
      count: 0,
      durationNs: options.durationNs,
      waitNs: DEFAULT_WAIT_NS,
      matchNs: DEFAULT_MATCH_NS,
      timestamps: 'auto',
      cpu: options.cpu,
      scheduling: 'auto',
      maxPacketsPerSecondToTarget: DEFAULT_MAX_PACKETS_PER_SECOND,
      secret: options.secret,
      ...present({ sourcePorts: options.sourcePorts }),
    };
    const { thresholdNs, version } = options;
    const whose = present({ version });
    const about = {
      command: 'bisect',
      engine: engine.name,
      thresholdNs,
      ...judgingOf({}, options),
      options: {},
      ...whose,
    };
    this.#measurement = new Measurement(this.plan, about);
    this.#run = engine.start(this.plan);
  }

  /** Time of the newest that came from it, on the time line of the run; -Infinity before. */
  get heardNs(): number {
    return this.#heardNs;
  }

  get clockOffsetNs(): number {
    return this.options.clockOffsetNs;
  }

  get state(): 'starting' | 'running' | 'ended' | 'failed' {
    return this.#state;
  }

  /** Why it failed, in words. */
  get why(): string | undefined {
    return this.#why;
  }

  /** What kept it from starting, or ended it. */
  get failure(): CodedError | undefined {
    return this.#failure;
  }

  /** Which addresses and ports it sends from; known once it runs. */
  get hello(): ProberHello | undefined {
    return this.#hello;
  }

  get run() {
    return this.#measurement.run;
  }

  stop(): void {
    this.#run.stop();
  }

  result(): RunResult {
    return this.#measurement.result();
  }

  /**
   * All events to the end, on the time line of all vantages. A failure of the environment ends them and shows in
   * `state`, it is not thrown.
   */
  async *events(): AsyncGenerator<MeasuredEvent> {
    let shiftNs = 0;
    let cutOff = false;
    const placed = (raw: EngineEvent): EngineEvent => {
      if (raw.kind === 'start') {
        shiftNs = Number(raw.epochRealNs - this.options.epochRealNs) - this.options.clockOffsetNs;
      }
      return rebase(raw, shiftNs);
    };
    try {
      for await (const step of measuredRun(this.#run.events, this.#measurement, placed)) {
        const { event } = step;
        if (event.kind === 'hello') {
          this.#state = 'running';
          this.#hello = event.hello;
        }
        this.#heardNs = Math.max(this.#heardNs, timeOf(event));
        if (event.kind === 'end' && event.reason === 'cut-off') cutOff = true;
        if (event.kind === 'warning') this.#why = event.message;
        yield step;
      }
      this.#state = cutOff ? 'failed' : 'ended';
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#state = 'failed';
      this.#failure = error;
      this.#why = error.message;
    }
  }
}

/** When what an event tells was known to the prober. */
function timeOf(event: EngineEvent): number {
  if (event.kind === 'counters') return event.counters.timeNs;
  if (event.kind !== 'samples' || event.samples.length === 0) return Number.NEGATIVE_INFINITY;
  const last = event.samples.length - 1;
  return (event.samples.sentNs[last] ?? 0) + Math.max(0, event.samples.rttNs[last] ?? 0);
}
