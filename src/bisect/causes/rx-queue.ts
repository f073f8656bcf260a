import type { Topology } from '../paths/topology.js';
import { type Hypothesis, labelOf, type Reach, STALLING, type Variant } from './hypothesis.js';

/** Cards may steer replies to the queue of the CPU that sent the probe: then none of them lands on the stalled one. */
const REPLIES_STEERED_AWAY = 0.4;

/**
 * Some receive queues of a machine are not served, others are. Holds for packets that arrive at the machine and hash
 * onto such a queue: some flows of a path wait, always the same ones while it is the same queue, others don't; packets
 * hashed by addresses alone (ICMP, mostly IPIP) wait all or not at all. The machine's own probes may wait on their way
 * back, where replies are not steered elsewhere.
 */
export function rxQueue(topology: Topology, machine: string, prior: number): Hypothesis {
  const reach = (ownReplies: Reach): Reach[] =>
    topology.paths.map((_, path) =>
      topology.arrivesAt(path, machine)
        ? 'by-flow'
        : topology.startsAt(path, machine) && !topology.isControl(path)
          ? ownReplies
          : 'none',
    );
  const starts = topology.paths.some((_, path) => topology.startsAt(path, machine) && !topology.isControl(path));
  const variants: Variant[] = starts
    ? [
        { share: 1 - REPLIES_STEERED_AWAY, reach: reach('by-flow') },
        { share: REPLIES_STEERED_AWAY, reach: reach('none') },
      ]
    : [{ share: 1, reach: reach('none') }];
  return {
    cause: 'rx-queue',
    machines: [machine],
    label: labelOf('rx-queue', [machine]),
    words: `some receive queues of ${machine} are not served for a while`,
    prior,
    variants,
    release: 'one-queue',
    kinds: STALLING,
  };
}
