import { OVERLAY_KNOWLEDGE, type Overlay } from '../../model/overlay.js';
import { STALLING, sayMachines } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';

/**
 * The tunnel between two machines waits. Holds for every path that crosses it: pods from overlay vantages on the
 * other node, and NodePorts whose pod sits on the other node. What goes between the two outside the tunnel passes.
 */
export function overlay(name: Overlay): CauseKnowledge {
  const { title, servedBy } = OVERLAY_KNOWLEDGE[name];
  return {
    name,
    share: 0.11,
    family: 'overlay',
    places: (topology) =>
      topology.places(name).map((machines) => ({
        machines,
        weight: 1,
        words: `packets wait in the ${title} tunnel between ${sayMachines(machines)}`,
        variants: [
          {
            share: 1,
            reach: topology.paths.map((_, path) => (topology.crosses(path, name, machines) ? 'all' : 'none')),
          },
        ],
        release: 'pipe',
        kinds: STALLING,
      })),
    local: { waits: null, blind: 0, blindByFlow: 0, here: [[1, [0.5, 0.3, 0.2]]], elsewhere: [[1, [0.5, 0.3, 0.2]]] },
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
