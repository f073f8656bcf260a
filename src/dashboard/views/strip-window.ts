import { MS, SECOND } from '../../model/time.js';
import type { Choices } from '../choices/choices.js';
import type { Held } from '../state/path-state.js';
import type { PathRow, Snapshot } from '../state/snapshot.js';

/** A stall stays in view so long after it was found, unless another time is chosen. */
const HELD_FOR_NS = 6 * SECOND;
/** What a stall leaves of the strip beside it, on the right. */
const AFTER_SHARE = 0.25;
const AFTER_LEAST_NS = 20 * MS;

/** The time that the strip and the flow map show. */
export interface StripWindow {
  readonly fromNs: number;
  readonly toNs: number;
  /** `now` moves on; `stall` waits beside the last stall as an oscilloscope does; `chosen` stays. */
  readonly shows: 'now' | 'stall' | 'chosen';
  /** The stall of `stall`. */
  readonly stall?: Held;
  readonly leftNs?: number;
}

/** @param dots of the strip, across */
export function stripWindow(snapshot: Snapshot, row: PathRow | undefined, choices: Choices, dots: number): StripWindow {
  const spanNs = dots * choices.zoomNs;
  const place = (endNs: number): { fromNs: number; toNs: number } => {
    // On whole dots, pairs of them, so that what has been drawn keeps its shape while it moves.
    const stepNs = 2 * choices.zoomNs;
    const toNs = Math.ceil(endNs / stepNs) * stepNs;
    return { fromNs: toNs - spanNs, toNs };
  };
  if (choices.endNs !== null) return { ...place(choices.endNs), shows: 'chosen' };
  const trigger = row?.state.trigger;
  const heldNs = trigger === undefined ? Number.POSITIVE_INFINITY : snapshot.nowNs - trigger.sinceNs;
  if (trigger !== undefined && heldNs < HELD_FOR_NS) {
    const afterNs = Math.max(AFTER_LEAST_NS, AFTER_SHARE * spanNs);
    const endNs = Math.min(trigger.finding.release + afterNs, snapshot.nowNs);
    return { ...place(endNs), shows: 'stall', stall: trigger.finding, leftNs: HELD_FOR_NS - heldNs };
  }
  return { ...place(snapshot.nowNs), shows: 'now' };
}
