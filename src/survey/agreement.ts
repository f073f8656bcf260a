import type { EdgeSpike } from '../model/fleet/fleet-evidence.js';
import { atLeast } from '../stats/binomial.js';
import { CLOCK_NS, incidentTimes } from './incident-times.js';

/** Single slow probes at the instants of incidents agree with them unless chance explains that as often as this. */
const MOST_CHANCE = 0.01;
/** As far as two clocks may lie apart. */
const NEAR_NS = 2 * CLOCK_NS;

/**
 * Whether other agents had single slow probes on their way to a node when it stalled. A stall of one of its receive queues
 * holds too few probes of one neighbour to be seen there, but each that was held comes back late, by the clock and stamps
 * of another machine.
 *
 * @param spikes of the edges to the node, in the whole window
 * @param releasesNs of its incidents
 */
export function spikesAgree(spikes: readonly EdgeSpike[], releasesNs: readonly number[], windowNs: number): boolean {
  // What several edges show at one instant counts once.
  const instants = incidentTimes(spikes.map(({ releaseNs }) => releaseNs));
  const agreeing = instants.filter(({ fromNs, toNs }) =>
    releasesNs.some((release) => release >= fromNs - NEAR_NS && release <= toNs + NEAR_NS),
  ).length;
  const share = Math.min(1, (releasesNs.length * 2 * NEAR_NS) / windowNs);
  return agreeing > 0 && atLeast(agreeing, instants.length, share) <= MOST_CHANCE;
}
