import { type InboundStall, InboundWatch } from '../../detect/fleet/inbound-watch.js';
import type { Watcher } from '../../engines/watcher.js';
import { HeardProbes, type KnownSenders } from '../../fleet/inbound/heard-probes.js';
import type { Counters, EngineEvent, Pause } from '../../model/engine-event.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import type { Refusal } from '../../model/fleet/metrics-table.js';
import { UNWATCHED_TELL_NS } from '../../model/plan.js';
import { KeptRun } from './kept-run.js';
import { RunClock } from './own-clock.js';

export interface InboundEvents {
  stall(stall: InboundStall, clock: RunClock): void;
  counters(counters: Counters): void;
  restart(why: string, waitMs: number): void;
}

export interface InboundPlace {
  readonly node: string;
  readonly interfaces: readonly string[];
  readonly ports: readonly [number, number];
  /** From one arriving packet to the next: probes of all senders, and replies to this node's own. */
  readonly intervalNs: number;
}

/** The helper that hears what arrives, kept running, and what its arrivals show. */
export class InboundGroup {
  readonly clock = new RunClock();
  readonly #probes: HeardProbes;
  #watch: InboundWatch;
  #run: KeptRun;
  #arrivals = 0;

  constructor(
    place: InboundPlace,
    watcher: Watcher,
    senders: KnownSenders,
    private readonly events: InboundEvents,
  ) {
    this.#probes = new HeardProbes(senders);
    this.#watch = new InboundWatch(place.node, place.intervalNs);
    this.#run = new KeptRun(
      () => {
        this.#watch = new InboundWatch(place.node, place.intervalNs);
        const hears = place.interfaces.map((name) => ({ interface: name, ports: place.ports }));
        return watcher.watch({ watches: [], local: [], hears, tellNs: UNWATCHED_TELL_NS, sparesOthers: true });
      },
      { event: (event) => this.#take(event), restart: (why, waitMs) => events.restart(why, waitMs) },
    );
  }

  /** Since this group began. */
  get arrivals(): number {
    return this.#arrivals;
  }

  get refused(): Readonly<Record<Refusal, number>> {
    return this.#probes.refused;
  }

  get senders(): string[] {
    return this.#probes.senders(this.clock.lastNs);
  }

  get backlogNs(): number {
    return this.#watch.backlogNs(this.clock.lastNs);
  }

  /** The prober of this node paused, by its own time line. */
  pause(pause: Pause, clock: RunClock): void {
    const here = (ns: number): number => clock.inRunOf(this.clock, ns);
    this.#watch.pause({ ...pause, fromNs: here(pause.fromNs), toNs: here(pause.toNs) });
  }

  /** Replies to this node's own probes, by its prober's time line: they arrive here as probes of others do. */
  replied(replies: readonly Arrived[], clock: RunClock): void {
    // Before it has begun there is no time line to put them on.
    if (this.clock.lastNs === 0) return;
    for (const reply of replies) {
      this.#watch.take({ ...reply, timeNs: clock.inRunOf(this.clock, reply.timeNs) });
    }
  }

  /** Only these may still send. */
  keep(names: ReadonlySet<string>): void {
    this.#probes.keep(names);
  }

  stop(): Promise<void> {
    return this.#run.stop();
  }

  #take(event: EngineEvent): void {
    this.clock.take(event);
    if (event.kind === 'heard') {
      for (const heard of event.heard) {
        const arrived = this.#probes.take(heard);
        if (arrived === undefined) continue;
        this.#arrivals += 1;
        this.#watch.take(arrived);
      }
    }
    if (event.kind === 'counters') {
      this.events.counters(event.counters);
      for (const stall of this.#watch.advance(event.counters.timeNs)) this.events.stall(stall, this.clock);
    }
  }
}
