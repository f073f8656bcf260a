import type { Pause } from '../../model/engine-event.js';
import { MS, SECOND } from '../../model/time.js';
import type { Clock } from './clock.js';

const BEAT_MS = 4;
/** JavaScript's timers come up to a millisecond late by design; later than this something held them up. */
const LATE_NS = 3 * MS;
const KEPT_NS = 30 * SECOND;

/**
 * Notes when the event loop did not turn. Stamps are taken by code that runs on it, so while it stands still every
 * answer seems to be under way: what falls into these intervals is the prober's own doing.
 */
export class Heartbeat {
  #pauses: Pause[] = [];
  #dueNs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly paused: (pause: Pause) => void,
  ) {}

  start(): void {
    this.#dueNs = this.clock.nowNs() + BEAT_MS * MS;
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How much of the time from then on, of the last half minute at most, it stood still. */
  pausedSince(fromNs: number): number {
    return this.#pauses.reduce((sum, pause) => sum + Math.max(0, pause.toNs - Math.max(fromNs, pause.fromNs)), 0);
  }

  #beat(): void {
    const nowNs = this.clock.nowNs();
    // Before the epoch nothing is sent.
    if (nowNs > 0 && nowNs - this.#dueNs > LATE_NS) {
      const stood = pause(this.#dueNs, nowNs);
      this.#pauses = [...this.#pauses.filter(({ toNs }) => toNs > nowNs - KEPT_NS), stood];
      this.paused(stood);
    }
    this.#dueNs = nowNs + BEAT_MS * MS;
  }
}

/** A pause of this process, whose reason it cannot tell. */
export function pause(fromNs: number, toNs: number, missedSlots = 0): Pause {
  return {
    fromNs: Math.max(0, fromNs),
    toNs,
    cause: missedSlots > 0 ? 'missed-slots' : 'late-wake',
    missedSlots,
    runDelayNs: -1,
    stealNs: -1,
    cpu: -1,
  };
}
