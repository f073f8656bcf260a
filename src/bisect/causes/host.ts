import { STALLING } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
import {
  reachInto,
  receivingMachines,
  TRACE_BLIND,
  tellReceiveSide,
  WAITS_ELSEWHERE,
  WAITS_FOR_CPU,
} from './receive-side.js';
import { traceAdvice } from './scene.js';

/**
 * All receive queues of a machine wait together: it has one only, its CPUs or the whole virtual machine stand still.
 * Holds for every packet that arrives there, replies to its own probes included.
 */
export const host: CauseKnowledge = {
  name: 'host',
  share: 0.12,
  places: (topology) =>
    receivingMachines(topology).map((machine) => ({
      machines: [machine],
      weight: 1,
      words: `all receive queues of ${machine} wait together`,
      variants: [{ share: 1, reach: reachInto(topology, machine, 'all', 'all') }],
      release: 'several-queues',
      kinds: STALLING,
    })),
  local: { waits: 0.8, blind: TRACE_BLIND, blindByFlow: TRACE_BLIND, here: WAITS_FOR_CPU, elsewhere: WAITS_ELSEWHERE },
  meaning: (place) => `All receive queues of ${place} wait together: one queue only, the whole CPU, or steal.`,
  lookInto: ([machine = ''], scene) => traceAdvice(machine, scene),
  tellApart: ([machine = ''], others, scene) => tellReceiveSide(machine, others, scene),
};
