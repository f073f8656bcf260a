import type { Stall } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';

/** Probes every 10 ms that one hold of `lengthNs` let go of at one instant. @param leg where the kernel's stamps tell it */
export function heldStall(path: string, release: number, lengthNs: number, leg: { leg?: 'out' }): Stall {
  return {
    type: 'finding',
    kind: 'stall',
    path,
    startMin: release - lengthNs - 10 * MS,
    startMax: release - lengthNs,
    release,
    durationNs: lengthNs + 5 * MS,
    probes: lengthNs / (10 * MS),
    probesAboveThreshold: 10,
    peakRttNs: lengthNs,
    excessNs: lengthNs,
    flowsHit: [],
    flowsExposed: [],
    selfInflicted: false,
    fit: 1,
    slope: -1,
    releaseSpreadNs: 100_000,
    order: 'fifo',
    ...leg,
  };
}
