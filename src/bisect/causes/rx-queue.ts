import type { Topology } from '../paths/topology.js';
import { STALLING, type Variant } from './hypothesis.js';
import type { CauseKnowledge, Placed } from './knowledge.js';
import {
  reachInto,
  receivingMachines,
  sendsFrom,
  TRACE_BLIND,
  tellReceiveSide,
  WAITS_ELSEWHERE,
  WAITS_FOR_CPU,
} from './receive-side.js';
import { traceAdvice } from './scene.js';

/** Cards may steer replies to the queue of the CPU that sent the probe: then none of them lands on the stalled one. */
const REPLIES_STEERED_AWAY = 0.4;

/** Of all machines with such a queue so many have no other; the rest of the prior is of what this one cannot do. */
const ONLY_ONE = 0.12;

/**
 * Flows that part are strong evidence of a queue: a trace that shows no wait for it weighs less than for a whole machine,
 * as the queue may be served from a place that the trace does not cover.
 */
const QUEUE_UNSEEN = 0.3;

/**
 * Some receive queues of a machine are not served, others are. Holds for packets that arrive at the machine and hash
 * onto such a queue: some flows of a path wait, always the same ones while it is the same queue, others don't; packets
 * hashed by addresses alone (ICMP, mostly IPIP) wait all or not at all. The machine's own probes may wait on their way
 * back, where replies are not steered elsewhere.
 */
export const rxQueue: CauseKnowledge = {
  name: 'rx-queue',
  share: 0.2,
  places: (topology, queues) =>
    receivingMachines(topology).map((machine) =>
      queues[machine] === 1 ? onlyOne(topology, machine) : placed(topology, machine),
    ),
  local: { waits: 0.8, blind: TRACE_BLIND, blindByFlow: QUEUE_UNSEEN, here: WAITS_FOR_CPU, elsewhere: WAITS_ELSEWHERE },
  meaning: (place) => `Some receive queues of ${place} are not served for a while; the others are.`,
  lookInto: ([machine = ''], scene) => traceAdvice(machine, scene),
  tellApart: ([machine = ''], others, scene) => [
    ...tellReceiveSide(machine, others, scene),
    ...(others.some(({ cause, machines }) => cause === 'network' && machines.includes(machine))
      ? [
          `one of several equal links before ${machine} (link aggregation, ECMP) parts flows as a queue does: ask for the counters of each, or probe a second machine behind the same links`,
        ]
      : []),
    ...(scene.paths.every(({ flows }) => flows < 4)
      ? ['add a SYN path with several flows (--flows 16): ICMP alone cannot show that only some queues wait']
      : []),
  ],
};

/** The one queue of a machine is all of them: it waits as `host` does, and for nothing else. */
function onlyOne(topology: Topology, machine: string): Placed {
  return {
    machines: [machine],
    weight: 1,
    words: `the receive queue of ${machine} is not served for a while`,
    variants: [{ share: ONLY_ONE, reach: reachInto(topology, machine, 'all', 'all') }],
    release: 'several-queues',
    kinds: STALLING,
  };
}

function placed(topology: Topology, machine: string): Placed {
  const sends = topology.paths.some((_, path) => sendsFrom(topology, path, machine));
  const variants: Variant[] = sends
    ? [
        { share: 1 - REPLIES_STEERED_AWAY, reach: reachInto(topology, machine, 'by-flow', 'by-flow') },
        { share: REPLIES_STEERED_AWAY, reach: reachInto(topology, machine, 'by-flow', 'none') },
      ]
    : [{ share: 1, reach: reachInto(topology, machine, 'by-flow', 'none') }];
  return {
    machines: [machine],
    weight: 1,
    words: `some receive queues of ${machine} are not served for a while`,
    variants,
    release: 'one-queue',
    kinds: STALLING,
  };
}
