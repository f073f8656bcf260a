import type { CauseKnowledge } from './knowledge.js';
import { BEHIND_NETWORK, OF_PROCESSES, placesBehind } from './request-side.js';

/**
 * The network answers in time and the process does not: it waits for a lock, a disk, its garbage collector, another
 * service. Holds for requests to it; SYNs and echoes, which the kernel answers, pass.
 */
export const server: CauseKnowledge = {
  name: 'server',
  share: 0.2,
  behindNetwork: true,
  places: (topology) =>
    placesBehind(topology, 'server', {
      kinds: OF_PROCESSES,
      signs: { throttled: 0.04, overflowed: 0.15 },
      holdsAnswers: true,
      words: (machine) => `the process on ${machine} that is asked does not answer for a while`,
    }),
  local: BEHIND_NETWORK,
  meaning: (place) =>
    `The network answers in time and the process on ${place} does not: a lock, a disk, garbage collection, or what it calls itself.`,
  lookInto: ([machine = '']) => [
    `on ${machine}: rxray trace syscalls -p PID --min 50ms --no-idle names the system call that the server sits in; its own log of garbage collection shows the rest`,
  ],
  tellApart: ([machine = ''], others) =>
    others.some(({ cause }) => cause === 'throttled')
      ? [
          `name a vantage on ${machine} in the hosts file: cpu.stat of the server's group tells a CPU quota from the process itself`,
        ]
      : [],
};
