import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, STALLING } from './hypothesis.js';

/**
 * The way from a node into its pod, or the pod itself, waits. Holds for every path that ends in the pod, whatever way
 * it took to the node; probes that the node answers itself pass.
 */
export function pod(topology: Topology, machine: string, prior: number): Hypothesis {
  return {
    cause: 'pod',
    machines: [machine],
    label: labelOf('pod', [machine]),
    words: `packets wait at the pod on ${machine}`,
    prior,
    variants: [
      {
        share: 1,
        reach: topology.paths.map((_, path) => (topology.crosses(path, 'pod', [machine]) ? 'all' : 'none')),
      },
    ],
    release: 'pipe',
    kinds: STALLING,
  };
}
