import type { ProberHello } from '../../model/engine-event.js';
import type { ProbePlan } from '../../model/plan.js';
import { packetsPerSecond } from '../slots/plan-check.js';

/** How long connection tracking keeps a connection that was only begun. */
const CONNTRACK_SECONDS = 120;

/**
 * What a plan costs others.
 * @param everyProbeNew each probe comes from a port of its own, and has an entry of its own in connection tracking
 */
export function footprintOf({ paths }: ProbePlan, everyProbeNew = false): ProberHello['footprint'] {
  const entries = paths.map((path) => {
    if (everyProbeNew && path.protocol !== 'icmp') return packetsPerSecond(path) * CONNTRACK_SECONDS;
    return path.flows + path.freshPerSecond * CONNTRACK_SECONDS;
  });
  return {
    packetsPerSecond: paths.reduce((sum, path) => sum + packetsPerSecond(path), 0),
    conntrackEntries: Math.round(entries.reduce((sum, count) => sum + count, 0)),
  };
}
