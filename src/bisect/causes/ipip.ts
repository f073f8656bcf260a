import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, STALLING, sayMachines } from './hypothesis.js';

/**
 * The IPIP tunnel between two machines waits. Holds for every path that crosses it: pods from overlay vantages on the
 * other node, and NodePorts whose pod sits on the other node. What goes between the two outside the tunnel passes.
 */
export function ipip(topology: Topology, machines: readonly string[], prior: number): Hypothesis {
  return {
    cause: 'ipip',
    machines,
    label: labelOf('ipip', machines),
    words: `packets wait in the IPIP tunnel between ${sayMachines(machines)}`,
    prior,
    variants: [
      {
        share: 1,
        reach: topology.paths.map((_, path) => (topology.crosses(path, 'ipip', machines) ? 'all' : 'none')),
      },
    ],
    release: 'pipe',
    kinds: STALLING,
  };
}
