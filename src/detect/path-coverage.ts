import type { Coverage } from '../model/summary.js';
import { MS, SECOND } from '../model/time.js';
import {
  chanceCrossed,
  chanceSeen,
  chanceSeenOnOneFlow,
  lengthSeenWith,
  type StallLevels,
  type Sweep,
} from '../stats/coverage.js';

/** Receive queues where neither the user nor the machine says how many there are. */
export const ASSUMED_QUEUES = 8;
/** The probability that a length is given for. */
export const SEEN_WITH = 0.95;
/** A length that people have met: the stalls of 2019. */
export const TYPICAL_STALL_NS = 140 * MS;
/** A stall longer than this is not what is asked for. */
const LONGEST_NS = 30 * SECOND;
/** Paths of a run are mostly alike, and summaries are asked for again and again. */
const MOST_REMEMBERED = 256;

const remembered = new Map<string, Coverage>();

/** What a path as it was probed shows of stalls: of the whole host, of one of some queues, of one of its flows. */
export function pathCoverage(sweep: Sweep, levels: StallLevels, queues: number): Coverage {
  const rounded = {
    sweep: { ...sweep, intervalNs: twoDigits(sweep.intervalNs) },
    levels: { holdNs: twoDigits(levels.holdNs), stallNs: twoDigits(levels.stallNs), slowNs: levels.slowNs },
  };
  const key = JSON.stringify([rounded, queues]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const coverage = computed(rounded.sweep, rounded.levels, queues);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, coverage);
  return coverage;
}

function computed(sweep: Sweep, levels: StallLevels, queues: number): Coverage {
  const ofQueue = (lengthNs: number): number => chanceSeen(sweep, levels, queues, lengthNs);
  return {
    sweep: { ...sweep },
    levels: { ...levels },
    hostStallNs: lengthSeenWith(SEEN_WITH, (lengthNs) => chanceSeen(sweep, levels, 1, lengthNs), LONGEST_NS),
    queues,
    queueCrossed: chanceCrossed(sweep.flows, queues),
    queueStallNs: lengthSeenWith(SEEN_WITH, ofQueue, LONGEST_NS),
    typicalNs: TYPICAL_STALL_NS,
    typicalSeen: ofQueue(TYPICAL_STALL_NS),
    flowStallNs: lengthSeenWith(SEEN_WITH, (lengthNs) => chanceSeenOnOneFlow(sweep, levels, lengthNs), LONGEST_NS),
  };
}

/** Rounded up, which claims less. */
function twoDigits(ns: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, ns))) - 1);
  return Math.ceil(ns / unit) * unit;
}
