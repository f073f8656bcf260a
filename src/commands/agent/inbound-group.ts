import { type InboundStall, InboundWatch } from '../../detect/fleet/inbound-watch.js';
import { HeardProbes, type KnownSenders } from '../../fleet/inbound/heard-probes.js';
import type { Pause } from '../../model/engine-event.js';
import type { Arrived } from '../../model/fleet/arrived.js';
import type { Refusal } from '../../model/fleet/metrics-table.js';
import type { Heard } from '../../model/heard.js';
import { US } from '../../model/time.js';
import { RunClock } from './own-clock.js';

/** Each prober reads the clocks by itself, so the stamp of one packet is as much apart by two time lines. */
const SAME_NS = 20 * US;

export interface InboundPlace {
  readonly node: string;
  /** From one arriving packet to the next: probes of all senders, and replies to this node's own. */
  readonly intervalNs: number;
}

/**
 * What arrives at this node, as its own probers hear it, and what that shows. Where one prober takes over from another,
 * both hear for a while: of the newer one all counts that the older one has not told.
 */
export class InboundGroup {
  /** Of the arrivals; it begins with the first prober that has heard something, whichever comes after it. */
  readonly clock = new RunClock();
  readonly #probes: HeardProbes;
  readonly #before = new WeakSet<RunClock>();
  #watch: InboundWatch;
  #run: RunClock | undefined;
  /** The latest that was told, and that the probers before this one had told. */
  #toldNs = Number.NEGATIVE_INFINITY;
  #knownNs = Number.NEGATIVE_INFINITY;
  #arrivals = 0;

  constructor(
    private readonly place: InboundPlace,
    senders: KnownSenders,
    private readonly onStall: (stall: InboundStall, clock: RunClock) => void,
  ) {
    this.#probes = new HeardProbes(senders);
    this.#watch = new InboundWatch(place.node, place.intervalNs);
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

  /** Packets that a prober of this node heard, by its time line. */
  heard(packets: readonly Heard[], run: RunClock): void {
    if (this.#before.has(run)) return;
    if (run !== this.#run) {
      if (this.#run !== undefined) this.#before.add(this.#run);
      this.#run = run;
      this.#knownNs = this.#toldNs;
    }
    this.clock.follow(run);
    for (const heard of packets) {
      const timeNs = run.inRunOf(this.clock, heard.timeNs);
      if (timeNs <= this.#knownNs + SAME_NS) continue;
      this.#toldNs = Math.max(this.#toldNs, timeNs);
      const arrived = this.#probes.take({ ...heard, timeNs });
      if (arrived === undefined) continue;
      this.#arrivals += 1;
      this.#watch.take(arrived);
    }
  }

  /** All that a prober heard until then has been told. */
  advance(timeNs: number, run: RunClock): void {
    if (run !== this.#run) return;
    this.clock.follow(run);
    for (const stall of this.#watch.advance(run.inRunOf(this.clock, timeNs))) this.onStall(stall, this.clock);
  }

  /** The prober of this node paused, by its own time line. */
  pause(pause: Pause, run: RunClock): void {
    // Before anything was heard there is no time line to put it on.
    if (this.#run === undefined) return;
    const here = (ns: number): number => run.inRunOf(this.clock, ns);
    this.#watch.pause({ ...pause, fromNs: here(pause.fromNs), toNs: here(pause.toNs) });
  }

  /** Replies to this node's own probes, by its prober's time line: they arrive here as probes of others do. */
  replied(replies: readonly Arrived[], run: RunClock): void {
    if (this.#run === undefined) return;
    for (const reply of replies) this.#watch.take({ ...reply, timeNs: run.inRunOf(this.clock, reply.timeNs) });
  }

  /** The prober ended by itself: what arrives until the next one has begun is not heard. */
  interrupted(): void {
    this.#watch = new InboundWatch(this.place.node, this.place.intervalNs);
  }
}
