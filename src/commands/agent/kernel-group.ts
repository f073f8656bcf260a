import { judgeWait } from '../../correlate/judge-wait.js';
import { startTracer } from '../../kernel/tracer.js';
import { WaitAssembly } from '../../kernel/wait-assembly.js';
import type { Culprit } from '../../model/culprit.js';
import type { EngineEvent } from '../../model/engine-event.js';
import type { TracerCost } from '../../model/kernel-event.js';
import { MS } from '../../model/time.js';
import type { Transport } from '../../transports/transport.js';
import { KeptRun } from './kept-run.js';
import { RunClock } from './own-clock.js';

export interface KernelEvents {
  /** Received packets waited for a CPU. Its instants count from where the trace began. */
  waited(culprit: Culprit, clock: RunClock): void;
  cost(cost: TracerCost): void;
  restart(why: string, waitMs: number): void;
}

/** Shorter waits are not told: none of them makes a stall. */
export const LEAST_WAIT_NS = 10 * MS;

/** How the kernel of this node is traced at present. */
export interface TraceState {
  /** Seconds since 1970. */
  readonly since: number;
  readonly minNs: number;
  readonly lostEvents: number;
}

/** The tracer of this node, kept running: who keeps received packets from their CPU. */
export class KernelGroup {
  readonly #clock = new RunClock();
  readonly #run: KeptRun;
  #assembly = new WaitAssembly();
  #sinceNs: number | undefined;
  #lostEvents = 0;

  constructor(
    transport: Transport,
    private readonly events: KernelEvents,
  ) {
    this.#run = new KeptRun(
      () => {
        this.#assembly = new WaitAssembly();
        this.#lostEvents = 0;
        return startTracer(transport, { questions: [{ question: 'stall', minNs: LEAST_WAIT_NS }] });
      },
      {
        event: (event) => this.#take(event),
        restart: (why, waitMs) => {
          this.#sinceNs = undefined;
          events.restart(why, waitMs);
        },
      },
    );
  }

  /** Undefined while it does not trace. */
  get state(): TraceState | undefined {
    return this.#sinceNs === undefined
      ? undefined
      : { since: this.#clock.unixSeconds(this.#sinceNs), minNs: LEAST_WAIT_NS, lostEvents: this.#lostEvents };
  }

  stop(): Promise<void> {
    return this.#run.stop();
  }

  #take(event: EngineEvent): void {
    this.#clock.take(event);
    if (event.kind === 'lost-records') this.#lostEvents += event.count;
    if (event.kind !== 'kernel') return;
    if (event.event.kind === 'hello') this.#sinceNs = event.event.hello.tracesFromNs;
    if (event.event.kind === 'cost') {
      this.#lostEvents = Math.max(this.#lostEvents, event.event.cost.lostEvents + event.event.cost.droppedRecords);
      this.events.cost(event.event.cost);
    }
    const observed = this.#assembly.take(event.event);
    if (observed !== undefined) this.events.waited(judgeWait(observed), this.#clock);
  }
}
