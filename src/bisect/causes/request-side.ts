import type { StageKind } from '../../model/stage.js';
import type { Topology } from '../paths/topology.js';
import { ANY_LEG } from './after-receive.js';
import type { Hypothesis, LocalView } from './hypothesis.js';
import type { Placed } from './knowledge.js';

/** Behind the network nothing of it waits: receivers see packets come and go in time. */
export const BEHIND_NETWORK: LocalView = {
  waits: null,
  blind: 0,
  blindByFlow: 0,
  here: [[1, [0.03, 0.92, 0.05]]],
  elsewhere: ANY_LEG,
};

/** A process that stands still answers all it has at once; one that is overwhelmed works its backlog off. */
export const OF_PROCESSES: Hypothesis['kinds'] = { stall: 0.7, 'slow-drain': 0.15, congestion: 0.05, loss: 0.1 };

/** A cause at each machine with such a stage: it holds what crosses the stage, and nothing else. */
export function placesBehind(
  topology: Topology,
  kind: StageKind,
  about: Pick<Placed, 'kinds' | 'signs' | 'holdsAnswers'> & { readonly words: (machine: string) => string },
): Placed[] {
  return topology.places(kind).map((machines) => ({
    machines,
    weight: 1,
    words: about.words(machines[0] ?? ''),
    variants: [
      {
        share: 1,
        reach: topology.paths.map((_, path) => (topology.crosses(path, kind, machines) ? 'all' : 'none')),
      },
    ],
    release: 'several-queues',
    kinds: about.kinds,
    ...(about.signs === undefined ? {} : { signs: about.signs }),
    ...(about.holdsAnswers === undefined ? {} : { holdsAnswers: about.holdsAnswers }),
  }));
}
