import type { Topology } from '../paths/topology.js';
import { STALLING, type Variant } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
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

/**
 * What waits for another CPU behind the driver (RPS) has its driver's stamp already: replies to the machine's own probes
 * show nothing of it.
 */
const BEHIND_DRIVER = 0.25;

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
      variants: variants(topology, machine),
      release: 'several-queues',
      kinds: STALLING,
    })),
  local: { waits: 0.8, blind: TRACE_BLIND, blindByFlow: TRACE_BLIND, here: WAITS_FOR_CPU, elsewhere: WAITS_ELSEWHERE },
  meaning: (place) => `All receive queues of ${place} wait together: one queue only, the whole CPU, or steal.`,
  lookInto: ([machine = ''], scene) => traceAdvice(machine, scene),
  tellApart: ([machine = ''], others, scene) => tellReceiveSide(machine, others, scene),
};

function variants(topology: Topology, machine: string): Variant[] {
  const whole = reachInto(topology, machine, 'all', 'all');
  // Those that the packet socket stamps show it all the same.
  const arriving = reachInto(topology, machine, 'all', 'any');
  return topology.paths.some((_, path) => sendsFrom(topology, path, machine))
    ? [
        { share: 1 - BEHIND_DRIVER, reach: whole },
        { share: BEHIND_DRIVER, reach: arriving },
      ]
    : [{ share: 1, reach: whole }];
}
