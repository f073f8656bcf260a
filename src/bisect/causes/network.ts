import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, type Reach, sayMachines } from './hypothesis.js';

/** Parallel links and routers spread packets by flow as well (ECMP, link aggregation), and one of them may wait. */
const BY_FLOW = 0.05;
/** Only networks congest and lose packets often; a machine stalls. */
const KINDS: Hypothesis['kinds'] = { stall: 0.4, 'slow-drain': 0.06, congestion: 0.27, loss: 0.27 };

function network(machines: readonly string[], words: string, prior: number, crossing: readonly boolean[]): Hypothesis {
  const reach = (held: Reach): Reach[] => crossing.map((crosses) => (crosses ? held : 'none'));
  return {
    cause: 'network',
    machines,
    label: labelOf('network', machines),
    words,
    prior,
    variants: [
      { share: 1 - BY_FLOW, reach: reach('all') },
      { share: BY_FLOW, reach: reach('by-flow') },
    ],
    release: 'pipe',
    kinds: KINDS,
  };
}

/** The network between two machines waits or loses. Holds for every path that goes between them, either way. */
export function networkBetween(topology: Topology, machines: readonly string[], prior: number): Hypothesis {
  const crossing = topology.paths.map((_, path) => topology.crosses(path, 'network', machines));
  return network(machines, `the network between ${sayMachines(machines)} holds or loses packets`, prior, crossing);
}

/**
 * The last stretch of the network to one machine. Holds for every path to it, from it or through it, which from
 * outside looks the same as all receive queues of the machine waiting together.
 */
export function networkLastMile(topology: Topology, machine: string, prior: number): Hypothesis {
  const crossing = topology.paths.map((_, path) => topology.touchesNetworkOf(path, machine));
  return network([machine], `the last stretch of the network to ${machine} holds or loses packets`, prior, crossing);
}
