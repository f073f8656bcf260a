import type { ProbePlan } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';
import { FRESH_SEQ_BIT } from '../../model/sample.js';
import { SECOND } from '../../model/time.js';
import { TimeQueue } from '../sim/run/time-queue.js';

const SEQ_MASK = 0x7fff_ffff;

/** One row of slots: the fixed flows of a path, or its fresh ports. */
interface Row {
  readonly path: number;
  readonly fresh: boolean;
  readonly phaseNs: number;
  readonly intervalNs: number;
  /** Slots in all; Infinity until stopped. */
  readonly slots: number;
  next: number;
}

/** One planned probe. The grid uses one object for all. */
export interface Slot {
  path: number;
  fresh: boolean;
  seq: number;
  dueNs: number;
  intervalNs: number;
}

/**
 * The send instants of all paths of a plan: due(k) = phase + k · interval. Phases are spread over the interval,
 * so that a plan of many paths sends evenly. Fresh ports have slots of their own in between.
 */
export class Grid {
  private readonly rows: readonly Row[];
  private readonly order = new TimeQueue();
  private readonly slot: Slot = { path: 0, fresh: false, seq: 0, dueNs: 0, intervalNs: 0 };
  private stopped = false;

  /** @param firstNs slots before it are none of this run, whose grid another prober began */
  constructor(plan: ProbePlan, firstNs = 0) {
    this.rows = plan.paths.flatMap((path, index) => {
      const { intervalNs, freshPerSecond } = path;
      const offsetNs = Math.floor((intervalNs * index) / plan.paths.length);
      const phaseNs = offsetNs + Math.max(0, Math.ceil((firstNs - offsetNs) / intervalNs)) * intervalNs;
      const ends: number[] = [];
      if (plan.count > 0) ends.push(phaseNs + plan.count * intervalNs);
      if (plan.durationNs > 0) ends.push(firstNs + plan.durationNs);
      const endNs = Math.min(...ends);
      const rows = [row(index, false, phaseNs, intervalNs, endNs)];
      if (freshPerSecond > 0 && hasPorts(path.protocol)) {
        const freshNs = Math.max(1, Math.round(SECOND / freshPerSecond));
        rows.push(row(index, true, phaseNs + Math.floor(intervalNs / 2), freshNs, endNs));
      }
      return rows;
    });
    this.rows.forEach((row, i) => {
      if (row.slots > 0) this.order.push(row.phaseNs, i);
    });
  }

  /** When the next slot is due; Infinity when there is none. */
  get nextNs(): number {
    return this.stopped ? Number.POSITIVE_INFINITY : this.order.nextNs;
  }

  /** Takes the next slot; what it returns is good until the next call. */
  take(): Slot {
    const dueNs = this.order.nextNs;
    const index = this.order.pop();
    const row = this.rows[index];
    if (row === undefined) throw new RangeError('no slot is left');
    const { slot } = this;
    slot.path = row.path;
    slot.fresh = row.fresh;
    slot.seq = row.fresh ? ((row.next & SEQ_MASK) | FRESH_SEQ_BIT) >>> 0 : row.next & SEQ_MASK;
    slot.dueNs = dueNs;
    slot.intervalNs = row.intervalNs;
    row.next++;
    if (row.next < row.slots) this.order.push(row.phaseNs + row.next * row.intervalNs, index);
    return slot;
  }

  stop(): void {
    this.stopped = true;
  }
}

function row(path: number, fresh: boolean, phaseNs: number, intervalNs: number, endNs: number): Row {
  const slots = Number.isFinite(endNs) ? Math.max(0, Math.ceil((endNs - phaseNs) / intervalNs)) : endNs;
  return { path, fresh, phaseNs, intervalNs, slots, next: 0 };
}
