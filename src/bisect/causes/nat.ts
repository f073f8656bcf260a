import type { Topology } from '../paths/topology.js';
import { AFTER_RECEIVE } from './after-receive.js';
import { type Reach, STALLING } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';

/** Connection tracking looks up what it knows and inserts what is new; only the insertion may wait. */
const NEW_ONLY = 0.15;

/**
 * Address translation on a machine waits. Holds for NodePorts and services translated there, for all their flows, or
 * for new connections alone, which the fresh source ports show.
 */
export const nat: CauseKnowledge = {
  name: 'nat',
  share: 0.11,
  places: (topology) =>
    topology.places('nat').map((machines) => ({
      machines,
      weight: 1,
      words: `packets wait for address translation on ${machines[0]}`,
      variants: [
        { share: 1 - NEW_ONLY, reach: crossing(topology, machines, 'all') },
        { share: NEW_ONLY, reach: crossing(topology, machines, 'new') },
      ],
      release: 'pipe',
      kinds: STALLING,
    })),
  local: AFTER_RECEIVE,
  meaning: (place) => `Packets wait for address translation on ${place}.`,
  lookInto: ([machine = '']) => [`on ${machine}: conntrack -S and the length of the iptables chains`],
  tellApart: (_, others) =>
    others.some(({ cause }) => cause === 'pod')
      ? ['probe the pod address itself from an overlay vantage: it skips the translation']
      : [],
};

function crossing(topology: Topology, machines: readonly string[], held: Reach): Reach[] {
  return topology.paths.map((_, path) => (topology.crosses(path, 'nat', machines) ? held : 'none'));
}
