import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, STALLING } from './hypothesis.js';

/**
 * All receive queues of a machine wait together: it has one only, its CPUs or the whole virtual machine stand still.
 * Holds for every packet that arrives there, replies to its own probes included.
 */
export function host(topology: Topology, machine: string, prior: number): Hypothesis {
  return {
    cause: 'host',
    machines: [machine],
    label: labelOf('host', [machine]),
    words: `all receive queues of ${machine} wait together`,
    prior,
    variants: [
      {
        share: 1,
        reach: topology.paths.map((_, path) =>
          topology.arrivesAt(path, machine) || (topology.startsAt(path, machine) && !topology.isControl(path))
            ? 'all'
            : 'none',
        ),
      },
    ],
    release: 'several-queues',
    kinds: STALLING,
  };
}
