import type { Hypothesis } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
import { BEHIND_NETWORK, placesBehind } from './request-side.js';

/** A full queue drops SYNs; what is sent again comes after a second. */
const DROPPING: Hypothesis['kinds'] = { stall: 0.1, 'slow-drain': 0.05, congestion: 0.05, loss: 0.8 };

/**
 * More connections wait at the port than may: the kernel drops SYNs to it, those of requests and of probes alike, while
 * the rest of the machine answers.
 */
export const acceptQueue: CauseKnowledge = {
  name: 'accept-queue',
  share: 0.06,
  behindNetwork: true,
  places: (topology) =>
    placesBehind(topology, 'listener', {
      kinds: DROPPING,
      signs: { throttled: 0.1, overflowed: 0.99 },
      words: (machine) => `the queue of connections that the server on ${machine} has not accepted yet is full`,
    }),
  local: BEHIND_NETWORK,
  meaning: (place) =>
    `The accept queue of the port on ${place} is full: SYNs to it are dropped, and come again after a second.`,
  lookInto: ([machine = '']) => [
    `on ${machine}: ss -ltn shows waiting and allowed connections; let the server accept faster, raise its backlog and net.core.somaxconn`,
  ],
  tellApart: ([machine = ''], others) =>
    others.length > 0 ? [`name a vantage on ${machine} in the hosts file: ListenOverflows there decides`] : [],
};
