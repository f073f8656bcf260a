import { MS } from '../model/time.js';
import { chanceOfCoincidence } from '../stats/coincidence.js';
import type { PathNoise } from './path-noise.js';
import type { Level, ProbeDelay } from './probe-delay.js';
import type { Surroundings } from './surroundings.js';

/**
 * False stalls that are put up with, a probe, on a path whose noise is just at the limit: one in 10^9 probes, four
 * months at 100 a second; in the first answers, of which less is known, one in 10^4 runs, as the first stalls of a
 * short run are noise to each other until one convicts. Quieter paths have far fewer: 10^8 probes of 18 kinds of noise had none (npm run bench -- noise).
 */
const MOST_CHANCE = { aProbe: 1e-9, aRun: 1e-4 };
/**
 * The same for two probes, one of which must be slow by the threshold: in a sweep over many flows a stall holds no
 * more, and stalls that held one probe each stand beside it as spikes. Up to five slow probes in a hundred are borne.
 */
const MOST_CHANCE_OF_TWO = { aProbe: 5e-4, aRun: 3e-3 };
/** Releases are counted as one within so much at least, whatever the probes at hand show; two lie where they lie. */
const LEAST_WINDOW_NS = 1 * MS;
const LEAST_WINDOW_OF_TWO_NS = 0.2 * MS;

/**
 * Whether the noise of the path explains that some slow probes arrived together.
 *
 * Slow probes that no stall has taken arrive at a rate: that of the last some hundred thousand answers, or of the
 * last seconds where those are worse, as noise comes in bursts. Were they independent, the number that arrive within
 * the spread of a release had a Poisson distribution; one at least half as slow as the slowest must lead them.
 *
 * @param members of the group, at least 2
 * @param released those and what arrived with them: no noise if it was a stall
 * @param others delayed probes of the same time that no stall has taken
 */
export function isByChance(
  members: readonly ProbeDelay[],
  released: readonly ProbeDelay[],
  others: readonly ProbeDelay[],
  level: Level,
  around: Surroundings,
  noise: PathNoise,
): boolean {
  const peakNs = Math.max(...members.map(({ excessNs }) => excessNs));
  const highNs = Math.max(level.stallNs, peakNs / 2);
  const arrivals = members.map(({ arrivalNs }) => arrivalNs);
  const two = members.length === 2;
  const leastNs = two ? LEAST_WINDOW_OF_TWO_NS : LEAST_WINDOW_NS;
  const windowNs = Math.max(leastNs, Math.max(...arrivals) - Math.min(...arrivals));
  const long = noise.ratesWithout(released.length, released.filter(({ excessNs }) => excessNs >= level.stallNs).length);
  const nearby = Math.max(1, around.probesAround);
  const held = Math.max(long.held, others.length / nearby);
  const high = Math.max(long.high, others.filter(({ excessNs }) => excessNs >= highNs).length / nearby);
  const chance = chanceOfCoincidence(high, held * (windowNs / around.intervalNs), members.length);
  const most = two ? MOST_CHANCE_OF_TWO : MOST_CHANCE;
  return chance > Math.max(most.aProbe, most.aRun / noise.answers);
}
