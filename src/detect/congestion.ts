import type { Congestion } from '../model/finding.js';
import type { Level, ProbeDelay } from './probe-delay.js';
import { sustained } from './slow-drain.js';
import type { Surroundings } from './surroundings.js';

/**
 * RTT stays up over many probes without a common release: it ramps up and down (bufferbloat), stands on a plateau
 * (a full buffer), or wanders. Its end is the arrival of the last raised probe; where the level stays up for good,
 * the end of the first 10 s, and the path is judged by its new level from then on.
 * @param delays in order of sending
 */
export function congestion(delays: readonly ProbeDelay[], level: Level, around: Surroundings): Congestion {
  return { ...sustained(delays, level, around), kind: 'congestion' };
}
