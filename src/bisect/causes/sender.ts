import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, type Reach, STALLING } from './hypothesis.js';

const WHOLE = 0.3;
const QUEUES = 0.4;
const ONE_QUEUE = 0.3;

/**
 * The vantage's own side waits: its CPU, its queues out, or its receive queues when replies come. Holds for paths from
 * that vantage to all targets at once, in part by flow where only one of its receive queues waits; loopback controls
 * wait too only where its CPU does. Packets of others that arrive there pass, or it would be `host` or `rx-queue`.
 */
export function sender(topology: Topology, machine: string, prior: number): Hypothesis {
  const reach = (probes: Reach, controls: Reach): Reach[] =>
    topology.paths.map((_, path) =>
      topology.startsAt(path, machine) ? (topology.isControl(path) ? controls : probes) : 'none',
    );
  return {
    cause: 'sender',
    machines: [machine],
    label: labelOf('sender', [machine]),
    words: `${machine} itself is slow to send, or to take in the replies`,
    prior,
    variants: [
      { share: WHOLE, reach: reach('all', 'all') },
      { share: QUEUES, reach: reach('all', 'none') },
      { share: ONE_QUEUE, reach: reach('by-flow', 'none') },
    ],
    release: 'several-queues',
    kinds: STALLING,
  };
}
