import type { Topology } from '../paths/topology.js';
import { type Hypothesis, type Reach, sayMachines, type Ways } from './hypothesis.js';
import type { CauseKnowledge, Placed } from './knowledge.js';
import { tellReceiveSide } from './receive-side.js';

/** Of the share of `network`: between two machines, and on the last stretch to one. */
const BETWEEN = 0.5;
const LAST_STRETCH = 0.5;
/** Parallel links and routers spread packets by flow as well (ECMP, link aggregation), and one of them may wait. */
const ONE_LINK = 0.2;
const ONE_LINK_LAST = 0.4;
/** It is the same one each time: that several links wait in turn takes as many faults. */
const SAME_LINK = 0.98;
/** Only networks congest and lose packets often; a machine stalls. */
const KINDS: Hypothesis['kinds'] = { stall: 0.4, 'slow-drain': 0.06, congestion: 0.27, loss: 0.27 };

/** One direction holds packets, or both do; at the other ends it is the other leg that waits. */
const EITHER_LEG: Ways = [
  [0.7, [0.93, 0.02, 0.05]],
  [0.2, [0.05, 0.02, 0.93]],
  [0.1, [0.5, 0.02, 0.48]],
];

const OTHER_LEG: Ways = EITHER_LEG.map(([share, [before, inside, back]]) => [share, [back, inside, before]]);

/**
 * The network waits or loses: between two machines, for every path that goes between them, either way; or on its last
 * stretch to one, for every path to it, from it or through it, which from outside looks the same as all receive queues
 * of the machine waiting together. One of several equal links holds its flows alone.
 */
export const network: CauseKnowledge = {
  name: 'network',
  share: 0.2,
  places(topology) {
    const between = topology.places('network');
    const ends = [...new Set(between.flat())];
    return [
      ...between.map((machines) =>
        placed(
          machines,
          `the network between ${sayMachines(machines)} holds or loses packets`,
          BETWEEN / between.length,
          ONE_LINK,
          topology,
          (path) => topology.crosses(path, 'network', machines),
        ),
      ),
      ...ends.map((machine) =>
        placed(
          [machine],
          `the last stretch of the network to ${machine} holds or loses packets`,
          LAST_STRETCH / ends.length,
          ONE_LINK_LAST,
          topology,
          (path) => topology.touchesNetworkOf(path, machine),
        ),
      ),
    ];
  },
  local: { waits: null, blind: 0, blindByFlow: 0, here: EITHER_LEG, elsewhere: OTHER_LEG },
  meaning: (place) => `Packets wait, or are lost, in the network (${place}).`,
  lookInto: (machines) => [
    machines.length === 1
      ? `ask for the counters of the switch port that ${machines[0]} is connected to`
      : `ask for the counters of the switch and router ports between ${sayMachines(machines)}`,
  ],
  tellApart: (machines, others, scene) =>
    machines.length === 1 ? tellReceiveSide(machines[0] as string, others, scene) : [],
};

function placed(
  machines: readonly string[],
  words: string,
  weight: number,
  oneLink: number,
  topology: Topology,
  crosses: (path: number) => boolean,
): Placed {
  const reach = (held: Reach): Reach[] => topology.paths.map((_, path) => (crosses(path) ? held : 'none'));
  return {
    machines,
    weight,
    words,
    variants: [
      { share: 1 - oneLink, reach: reach('all') },
      { share: oneLink, reach: reach('by-flow'), parallel: true, same: SAME_LINK },
    ],
    release: 'pipe',
    kinds: KINDS,
  };
}
