import type { Hypothesis } from './hypothesis.js';
import type { CauseKnowledge } from './knowledge.js';
import { BEHIND_NETWORK, placesBehind } from './request-side.js';

/** A resolver that is slow waits for others; queries that are lost are dropped by it, or race in connection tracking. */
const SLOW_OR_DROPPED: Hypothesis['kinds'] = { stall: 0.45, 'slow-drain': 0.05, congestion: 0.05, loss: 0.45 };

/** The name, not the connection: the resolver answers late or not at all, and its machine does. */
export const resolver: CauseKnowledge = {
  name: 'resolver',
  share: 0.08,
  behindNetwork: true,
  places: (topology) =>
    placesBehind(topology, 'resolver', {
      kinds: SLOW_OR_DROPPED,
      words: (machine) => `the resolver on ${machine} answers late, or not at all`,
    }),
  local: BEHIND_NETWORK,
  meaning: (place) => `The name, not the connection: the resolver on ${place} answers late, or not at all.`,
  lookInto: ([machine = '']) => [
    `rxray probe --dns NAME@SERVER tells lost from slow queries, and new source ports from fixed ones; on ${machine}: conntrack -S (insert_failed), and the resolver's own upstreams`,
  ],
  tellApart: (_, others) =>
    others.some(({ cause }) => cause === 'network' || cause === 'rx-queue')
      ? ['probe the machine of the resolver by ICMP as well: what passes there clears the way']
      : [],
};
