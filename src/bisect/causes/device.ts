import { STALLING } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
import { BEFORE_CAPTURE, reachInto, receivingMachines, tellReceiveSide, WAITS_ELSEWHERE } from './receive-side.js';

/** One hardware queue of several loses its interrupt, or waits in the hypervisor, while the others go on. */
const ONE_QUEUE = 0.62;

/**
 * The card of a machine, its firmware, or the hypervisor's queue behind it keeps packets before the driver's poll; or
 * an interrupt was lost. No CPU of the machine is concerned, so its kernel shows nothing, and from the paths it looks
 * like `host` or, where one hardware queue waits, like `rx-queue`.
 */
export const device: CauseKnowledge = {
  name: 'device',
  share: 0.035,
  places: (topology) =>
    receivingMachines(topology).map((machine) => ({
      machines: [machine],
      weight: 1,
      words: `the card of ${machine}, or the hypervisor behind it, keeps packets before the driver takes them`,
      variants: [
        { share: 1 - ONE_QUEUE, reach: reachInto(topology, machine, 'all', 'all') },
        { share: ONE_QUEUE, reach: reachInto(topology, machine, 'by-flow', 'by-flow'), parallel: true },
      ],
      release: 'several-queues',
      kinds: STALLING,
    })),
  local: { waits: null, blind: 0, blindByFlow: 0, here: [[1, BEFORE_CAPTURE]], elsewhere: WAITS_ELSEWHERE },
  meaning: (place) =>
    `The card of ${place}, its firmware, or the hypervisor's queue keeps packets before the driver takes them.`,
  lookInto: ([machine = '']) => [
    `on ${machine}: ethtool -S, ethtool -c (interrupt coalescing), /proc/interrupts of its card, and the load of the hypervisor`,
  ],
  tellApart: ([machine = ''], others, scene) => tellReceiveSide(machine, others, scene),
};
