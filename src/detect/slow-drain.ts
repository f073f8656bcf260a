import type { SlowDrain } from '../model/finding.js';
import { present } from '../model/present.js';
import { fitLine } from '../stats/line-fit.js';
import type { Level, ProbeDelay } from './probe-delay.js';
import { STALL_SLOPE } from './stall.js';
import type { Surroundings } from './surroundings.js';

/** Above this slope RTT hardly falls: a full queue, not one that is being emptied. */
export const DRAIN_SLOPE = -0.1;
const LEAST_FIT = 0.9;
/** A step: the first delayed probe already has this share of the greatest excess. */
const STEP = 0.6;

/**
 * A step up, then RTT falls along a line of a slope between -0.9 and -0.1: the queue was emptied at a finite rate.
 * @param delays in order of sending, at least 3
 * @returns null where the shape is another one
 */
export function slowDrain(delays: readonly ProbeDelay[], level: Level, around: Surroundings): SlowDrain | null {
  const line = fitLine(
    delays.map((delay) => delay.sentNs),
    delays.map((delay) => delay.rttNs),
  );
  if (line.slope <= STALL_SLOPE || line.slope >= DRAIN_SLOPE || line.fit < LEAST_FIT || !stepsUp(delays)) {
    return null;
  }
  return { ...sustained(delays, level, around), kind: 'slow-drain', fit: line.fit, slope: line.slope };
}

/** Whether the first probe already stands near the greatest delay. */
export function stepsUp(delays: readonly ProbeDelay[]): boolean {
  const peak = Math.max(...delays.map((delay) => delay.excessNs));
  return (delays[0]?.excessNs ?? 0) >= STEP * peak;
}

/** What findings of probes without a common release have in common. */
export function sustained(
  delays: readonly ProbeDelay[],
  level: Level,
  around: Surroundings,
): Omit<SlowDrain, 'kind' | 'fit' | 'slope'> {
  const release = Math.max(...delays.map((delay) => delay.arrivalNs));
  const startMax = Math.min(...delays.map((delay) => delay.sentNs));
  const startMin = around.lastPassedNs(delays, startMax, Math.min(...delays.map((delay) => delay.arrivalNs)));
  return {
    type: 'finding',
    path: around.path,
    startMin,
    startMax,
    release,
    durationNs: Math.round(release - (startMin + startMax) / 2),
    probes: delays.length,
    probesAboveThreshold: delays.filter((delay) => delay.excessNs >= level.thresholdNs).length,
    peakRttNs: Math.max(...delays.map((delay) => delay.rttNs)),
    excessNs: Math.max(...delays.map((delay) => delay.excessNs)),
    flowsHit: around.flowsOf(delays),
    flowsExposed: around.flowsExposed(delays, startMax, release),
    selfInflicted: false,
    ...present({ receivedStamp: around.ownStamp(delays) }),
  };
}
