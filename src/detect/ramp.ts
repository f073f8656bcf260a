import { fitLine } from '../stats/line-fit.js';
import { bySent, type Level, type ProbeDelay } from './probe-delay.js';
import type { Surroundings } from './surroundings.js';

/** RTT over send time before the peak; a queue fed at twice its rate rises by 1. */
const LEAST_SLOPE = 0.2;
const LEAST_FIT = 0.7;
const LEAST_PROBES = 3;
/** The ramp must reach this share of the peak: it leads up to it. */
const REACHES = 0.5;
/** Of the probes sent during the ramp so many must have waited: a full buffer lets nobody pass. */
const DENSE = 0.6;
/** How far before the peak the ramp is looked for, as a share of the peak's excess. */
const LOOK_BACK = 0.75;

/**
 * Whether probes with a common release are the downhill side of a ramp. When a burst ends, the buffer it filled
 * empties at the rate of the link: each later probe waits for what is left, and all leave when it is empty, just as
 * after a stall. What tells them apart is how it began: a stall by a step, a full buffer by a ramp.
 *
 * @param held in order of sending
 * @param delays all delayed probes of the path, in any order
 */
export function followsRamp(
  held: readonly ProbeDelay[],
  delays: readonly ProbeDelay[],
  level: Level,
  around: Surroundings,
): boolean {
  const first = held[0];
  if (first === undefined) return false;
  const peakNs = Math.max(...held.map((delay) => delay.excessNs));
  const lookBackNs = Math.max(5 * around.intervalNs, LOOK_BACK * peakNs);
  const before = delays
    .filter((delay) => delay.sentNs < first.sentNs && delay.sentNs >= first.sentNs - lookBackNs)
    .filter((delay) => delay.arrivalNs < first.arrivalNs - level.spreadNs)
    .sort(bySent);
  const last = before.at(-1);
  if (last === undefined || before.length < LEAST_PROBES || last.excessNs < REACHES * peakNs) return false;
  const spanNs = last.sentNs - (before[0]?.sentNs ?? 0);
  if (before.length < DENSE * (spanNs / around.intervalNs)) return false;
  const line = fitLine(
    before.map((delay) => delay.sentNs),
    before.map((delay) => delay.rttNs),
  );
  return line.slope >= LEAST_SLOPE && line.fit >= LEAST_FIT;
}
