import type { RttSpike } from '../model/finding.js';
import { present } from '../model/present.js';
import type { ProbeDelay } from './probe-delay.js';
import type { Surroundings } from './surroundings.js';

/**
 * The absolute RTT from which on a single probe is a spike: the threshold, as the user says it, or half of it above
 * the running median, whichever is higher. The second rules where the path's usual RTT is more than half of the
 * threshold: on a path of 100 ms each probe would exceed `--threshold 100`, and a list of all probes tells nothing;
 * there a spike begins at 150 ms.
 */
export function spikeLevelNs(thresholdNs: number, medianNs: number): number {
  return Math.max(thresholdNs, medianNs + thresholdNs / 2);
}

/** A single delayed probe. Its interval is its own way: start is its send instant, release its arrival. */
export function rttSpike(delay: ProbeDelay, around: Surroundings): RttSpike {
  return {
    type: 'finding',
    kind: 'rtt-spike',
    path: around.path,
    startMin: delay.sentNs,
    startMax: delay.sentNs,
    release: delay.arrivalNs,
    durationNs: delay.rttNs,
    probes: 1,
    probesAboveThreshold: 1,
    peakRttNs: delay.rttNs,
    excessNs: Math.max(0, delay.excessNs),
    flowsHit: around.flowsOf([delay]),
    flowsExposed: around.flowsExposed([delay], delay.sentNs, delay.arrivalNs),
    selfInflicted: false,
    ...present({ receivedStamp: around.ownStamp([delay]) }),
    neighbours: around.neighbours(delay),
  };
}
