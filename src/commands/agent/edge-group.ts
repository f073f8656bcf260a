import { type EdgeAbout, EdgeWatch, type SeenOnEdge } from '../../detect/fleet/edge-watch.js';
import { OwnReplies } from '../../detect/fleet/own-replies.js';
import type { Engine } from '../../engines/engine.js';
import type { Counters, EngineEvent, Pause, ProberHello, TimestampSource } from '../../model/engine-event.js';
import type { CodedError } from '../../model/errors.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import { type EdgePath, edgePathName } from '../../model/fleet/edge.js';
import type { Heard } from '../../model/heard.js';
import type { ProbePlan } from '../../model/plan.js';
import { KeptRun } from './kept-run.js';
import { RunClock } from './own-clock.js';

export interface EdgeGroupEvents extends EdgeAbout {
  seen(seen: SeenOnEdge, clock: RunClock): void;
  pause(pause: Pause, clock: RunClock): void;
  counters(counters: Counters, clock: RunClock): void;
  /** Packets that it heard, where its plan hears. */
  heard?(packets: readonly Heard[], clock: RunClock): void;
  /** What goes wrong without ending it. */
  warning(words: string): void;
  /** How late a probe left. */
  lag(ns: number): void;
  answered(): void;
  /** Replies as arrivals at this node, on the time line of the run. */
  arrived?(replies: readonly Arrived[], clock: RunClock): void;
  clockStep(): void;
  lost(records: number): void;
  restart(why: string, waitMs: number): void;
  /** Why its environment refused it; it is started again all the same. */
  refused?(error: CodedError): void;
  timestamps(source: TimestampSource): void;
}

/** A path that this machine cannot probe (no route, no such family) is left out for so long. */
const LEFT_OUT_MS = 60_000;

/** One prober with its paths, kept running, and what is seen on them. */
export class EdgeGroup {
  readonly clock = new RunClock();
  #watch: EdgeWatch;
  #replies: OwnReplies;
  #run: KeptRun;
  #present: readonly EdgePath[];
  #hello: ProberHello | undefined;
  readonly #leftOut = new Map<EdgePath, number>();
  #isFirst = true;

  constructor(
    private readonly from: string,
    readonly paths: readonly EdgePath[],
    engine: Engine,
    plan: (paths: readonly EdgePath[]) => ProbePlan,
    private readonly events: EdgeGroupEvents,
    /** Told once, when it has begun to probe. */
    private readonly onBegun: () => void = () => {},
  ) {
    this.#present = paths;
    this.#watch = this.#newWatch(1e9);
    this.#replies = new OwnReplies(paths);
    this.#run = new KeptRun(
      () => {
        this.#present = paths.filter((path) => performance.now() >= (this.#leftOut.get(path) ?? 0));
        this.#hello = undefined;
        const planned = plan(this.#present);
        this.#watch = this.#newWatch(planned.waitNs);
        this.#replies = new OwnReplies(this.#present);
        return engine.start(planned);
      },
      {
        event: (event) => this.#take(event),
        restart: (why, waitMs) => {
          this.#seen(this.#watch.finish(this.clock.lastNs));
          events.restart(why, waitMs);
        },
        refused: (error) => {
          this.#leaveOut(error);
          events.refused?.(error);
        },
      },
    );
  }

  /** Whether some paths were left out and are to be tried again. */
  get isWhole(): boolean {
    return this.#present.length === this.paths.length;
  }

  /** The source ports of each path, by flow; empty where it has none, or does not run. */
  get ports(): readonly (readonly number[])[] {
    return this.paths.map((path) => {
      const told = this.#hello?.paths.find(({ path: index }) => this.#present[index] === path);
      if (told?.ports !== undefined) return told.ports;
      const [first] = told?.sourcePorts ?? [];
      return first === undefined ? [] : Array.from({ length: path.flows }, (_, flow) => first + flow);
    });
  }

  get hasBegun(): boolean {
    return !this.#isFirst;
  }

  stop(): Promise<void> {
    return this.#run.stop();
  }

  #newWatch(waitNs: number): EdgeWatch {
    return new EdgeWatch(this.from, this.#present, waitNs, this.events);
  }

  #take(event: EngineEvent): void {
    this.clock.take(event);
    switch (event.kind) {
      case 'hello':
        this.#hello = event.hello;
        this.events.timestamps(event.hello.got.timestamps);
        return;
      case 'samples': {
        const { samples } = event;
        for (let i = 0; i < samples.length; i += 1) {
          this.events.lag(samples.lagNs[i] as number);
          if ((samples.rttNs[i] as number) >= 0) this.events.answered();
        }
        this.#seen(this.#watch.push(samples));
        this.events.arrived?.(this.#replies.arrived(samples), this.clock);
        if (this.#isFirst) this.onBegun();
        this.#isFirst = false;
        return;
      }
      case 'pause':
        this.#watch.pause(event.pause);
        this.events.pause(event.pause, this.clock);
        return;
      case 'clock':
        if (event.clock.stepNs !== 0) this.events.clockStep();
        this.#seen(this.#watch.advance(event.clock.timeNs));
        return;
      case 'counters':
        this.events.counters(event.counters, this.clock);
        this.#seen(this.#watch.advance(event.counters.timeNs));
        return;
      case 'heard':
        this.events.heard?.(event.heard, this.clock);
        return;
      case 'warning':
        if (event.code === 'W_NOT_HEARD') this.events.warning(event.message);
        return;
      case 'lost-records':
        this.events.lost(event.count);
        return;
      default:
    }
  }

  #seen(all: readonly SeenOnEdge[]): void {
    for (const seen of all) this.events.seen(seen, this.clock);
  }

  /** A refusal that names a path is about that one: the others are probed without it. */
  #leaveOut(error: CodedError): void {
    const path = this.#present.find((one) => error.message.startsWith(`${edgePathName(this.from, one)}: `));
    if (path !== undefined) this.#leftOut.set(path, performance.now() + LEFT_OUT_MS);
  }
}
