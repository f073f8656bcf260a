import type { Pause } from '../../model/engine-event.js';
import type { ProbePlan } from '../../model/plan.js';
import { isRequest } from '../../model/protocol.js';
import { FRESH_FLOW } from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { Grid, type Slot } from '../slots/grid.js';
import { pause } from './heartbeat.js';
import type { Probe } from './means.js';

const SEQ_MASK = 0x7fff_ffff;
/** Lateness from which on a send tells of a pause; timers alone make up to 1 ms. */
const LATE_NS = 3 * MS;

/** What fell due at one wake-up. */
export interface Due {
  readonly probes: readonly { readonly probe: Probe; readonly dueNs: number; readonly lagNs: number }[];
  /** Paths of slots that are given up, once for each. */
  readonly missed: readonly number[];
  readonly pause: Pause | undefined;
}

/**
 * The slots of a plan. A slot up to half an interval late is sent late and says so; an older one is missed: a prober
 * that catches up would send a burst. Requests, whose time counts from the due instant, may be as late as a loop is that
 * did not pause: two or three at once are no burst to a server.
 */
export class Schedule {
  readonly #grid: Grid;
  readonly #flows: readonly number[];
  readonly #leastAllowedNs: readonly number[];

  /** @param firstNs no slot is before it, since the epoch */
  constructor(plan: ProbePlan, firstNs = 0) {
    this.#grid = new Grid(plan, firstNs);
    this.#flows = plan.paths.map((path) => path.flows);
    this.#leastAllowedNs = plan.paths.map(({ protocol }) => (isRequest(protocol) ? LATE_NS : 0));
  }

  /** When the next slot is due; Infinity when there is none. */
  get nextNs(): number {
    return this.#grid.nextNs;
  }

  stop(): void {
    this.#grid.stop();
  }

  due(nowNs: number): Due {
    const probes: { probe: Probe; dueNs: number; lagNs: number }[] = [];
    const missed: number[] = [];
    let firstLateNs = Number.POSITIVE_INFINITY;
    while (this.#grid.nextNs <= nowNs) {
      const slot = this.#grid.take();
      const lagNs = nowNs - slot.dueNs;
      if (lagNs > LATE_NS) firstLateNs = Math.min(firstLateNs, slot.dueNs);
      if (lagNs > Math.max(allowedNs(slot.intervalNs), this.#leastAllowedNs[slot.path] ?? 0)) missed.push(slot.path);
      else probes.push({ probe: this.#probe(slot), dueNs: slot.dueNs, lagNs });
    }
    const late = firstLateNs < nowNs ? pause(firstLateNs, nowNs, missed.length) : undefined;
    return { probes, missed, pause: late };
  }

  #probe({ path, fresh, seq }: Slot): Probe {
    // Numbers of a train wrap after 2^31 slots, which is eight months at 10 ms.
    const k = seq & SEQ_MASK;
    const flow = fresh ? FRESH_FLOW : k % (this.#flows[path] ?? 1);
    return { train: 2 * path + (fresh ? 1 : 0), k, path, fresh, seq, flow };
  }
}

function allowedNs(intervalNs: number): number {
  return Math.min(Math.max(intervalNs / 2, 100_000), SECOND);
}
