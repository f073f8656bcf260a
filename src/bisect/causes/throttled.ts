import type { CauseKnowledge } from './knowledge.js';
import { BEHIND_NETWORK, OF_PROCESSES, placesBehind } from './request-side.js';

/**
 * The control group of the server has used up its CPU quota and stands still until the next period. From outside it is
 * the server; only cpu.stat there tells.
 */
export const throttled: CauseKnowledge = {
  name: 'throttled',
  share: 0.08,
  behindNetwork: true,
  places: (topology) =>
    placesBehind(topology, 'server', {
      kinds: OF_PROCESSES,
      signs: { throttled: 0.995, overflowed: 0.1 },
      holdsAnswers: true,
      words: (machine) => `the CPU quota of the server on ${machine} is used up`,
    }),
  local: BEHIND_NETWORK,
  meaning: (place) => `The CPU quota of the server on ${place} is used up: it stands still until the next period.`,
  lookInto: ([machine = '']) => [
    `on ${machine}: rxray check --only cpu-throttling; raise the CPU limit of the container, or let it use fewer threads`,
  ],
  tellApart: ([machine = ''], others) =>
    others.some(({ cause }) => cause === 'server')
      ? [
          `name a vantage on ${machine} in the hosts file: cpu.stat of the server's group tells a CPU quota from the process itself`,
        ]
      : [],
};
