import { OVERLAY_KNOWLEDGE, type Overlay } from '../../model/overlay.js';
import type { Topology } from '../paths/topology.js';
import { type Reach, STALLING, sayMachines, type Variant, type Ways } from './hypothesis.js';
import type { CauseKnowledge, Placed } from './knowledge.js';

/** Before it arrives in its tunnel, while it is taken out of it, on the way back, or both ways. */
const IN_TUNNEL: Ways = [
  [0.45, [0.93, 0.02, 0.05]],
  [0.25, [0.05, 0.9, 0.05]],
  [0.15, [0.05, 0.02, 0.93]],
  [0.15, [0.45, 0.1, 0.45]],
];

/** Tunnels of one machine from which on its own end of all of them is a place too. */
const LEAST_TUNNELS = 3;

/**
 * The tunnel between two machines waits, or one machine's end of all its tunnels. Holds for every path that crosses it:
 * pods from overlay vantages on the other node, and NodePorts whose pod sits on the other node. What goes between the
 * two outside the tunnel passes.
 */
export function overlay(name: Overlay): CauseKnowledge {
  const { title, servedBy } = OVERLAY_KNOWLEDGE[name];
  return {
    name,
    share: 0.11,
    family: 'overlay',
    places: (topology) => {
      const tunnels = topology.places(name);
      const ofMachine = (machine: string) => tunnels.filter((machines) => machines.includes(machine));
      const ends = [...new Set(tunnels.flat())].filter((machine) => ofMachine(machine).length >= LEAST_TUNNELS);
      const placed = (machines: readonly string[], words: string, variants: readonly Variant[]): Placed => ({
        machines,
        weight: 1,
        words,
        variants,
        release: 'pipe',
        kinds: STALLING,
      });
      return [
        ...tunnels.map((machines) =>
          placed(machines, `packets wait in the ${title} tunnel between ${sayMachines(machines)}`, [
            { share: 1, reach: reachOf(topology, name, [machines]) },
          ]),
        ),
        ...ends.map((machine) =>
          placed(
            [machine],
            `packets wait at ${machine}'s end of all its ${title} tunnels`,
            atOneEnd(topology, machine, reachOf(topology, name, ofMachine(machine))),
          ),
        ),
      ];
    },
    local: { waits: null, blind: 0, blindByFlow: 0, here: IN_TUNNEL, elsewhere: IN_TUNNEL },
    meaning: (place) => `Packets wait in the ${title} tunnel (${place}).`,
    lookInto: (machines) => [`on both ends (${machines.join(', ')}): ${servedBy}`],
    tellApart: (_, others) =>
      others.flatMap(({ cause }) =>
        cause === 'pod'
          ? ['probe a NodePort of the node on which the pod runs: it skips the tunnel']
          : cause === 'network'
            ? ['probe the node itself beside its pod from the same vantage: that skips the tunnel']
            : [],
      ),
  };
}

function reachOf(topology: Topology, name: Overlay, tunnels: readonly (readonly string[])[]): Reach[] {
  return topology.paths.map((_, path) =>
    tunnels.some((machines) => topology.crosses(path, name, machines)) ? 'all' : 'none',
  );
}

/**
 * A machine stamps its own probes behind its end of the tunnel on the way out, and before it on the way back: it may see
 * nothing of what waits there, which others see of it.
 */
function atOneEnd(topology: Topology, machine: string, crossing: readonly Reach[]): Variant[] {
  const ofOthers = crossing.map((reach, path) => (topology.startsAt(path, machine) ? 'none' : reach));
  return [
    { share: 0.5, reach: crossing },
    { share: 0.5, reach: ofOthers },
  ];
}
