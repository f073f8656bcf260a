import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, type Reach, STALLING } from './hypothesis.js';

/** Connection tracking looks up what it knows and inserts what is new; only the insertion may wait. */
const NEW_ONLY = 0.15;

/**
 * Address translation on a machine waits. Holds for NodePorts and services translated there, for all their flows, or
 * for new connections alone, which the fresh source ports show.
 */
export function nat(topology: Topology, machine: string, prior: number): Hypothesis {
  const reach = (held: Reach): Reach[] =>
    topology.paths.map((_, path) => (topology.crosses(path, 'nat', [machine]) ? held : 'none'));
  return {
    cause: 'nat',
    machines: [machine],
    label: labelOf('nat', [machine]),
    words: `packets wait for address translation on ${machine}`,
    prior,
    variants: [
      { share: 1 - NEW_ONLY, reach: reach('all') },
      { share: NEW_ONLY, reach: reach('new') },
    ],
    release: 'pipe',
    kinds: STALLING,
  };
}
