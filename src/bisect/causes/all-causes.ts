import type { Cause } from '../../model/cause.js';
import type { Topology } from '../paths/topology.js';
import { HEALTHY, PAIRS, UNKNOWN } from '../weigh/priors.js';
import { device } from './device.js';
import { host } from './host.js';
import { type Hypothesis, labelOf } from './hypothesis.js';
import { ipip } from './ipip.js';
import type { CauseKnowledge, QueueCounts } from './knowledge.js';
import { nat } from './nat.js';
import { network } from './network.js';
import { pod } from './pod.js';
import { rxQueue } from './rx-queue.js';
import { sender } from './sender.js';

/** What is known of each cause, by its name. */
export const CAUSE_KNOWLEDGE = {
  'rx-queue': rxQueue,
  host,
  device,
  nat,
  ipip,
  pod,
  network,
  sender,
} as const satisfies Readonly<Record<Cause, CauseKnowledge>>;

/**
 * Every single cause at every place that the paths cross. The prior of a cause is shared by its places.
 *
 * @param queues number of receive queues, of machines that said it
 */
export function allCauses(topology: Topology, queues: QueueCounts = {}): Hypothesis[] {
  const causes: readonly CauseKnowledge[] = Object.values(CAUSE_KNOWLEDGE);
  const single = (1 - HEALTHY - PAIRS - UNKNOWN) / causes.reduce((sum, { share }) => sum + share, 0);
  return causes.flatMap((cause) => {
    const places = cause.places(topology, queues);
    const weights = places.reduce((sum, { weight }) => sum + weight, 0);
    return places.map(({ weight, ...placed }) => ({
      ...placed,
      cause: cause.name,
      label: labelOf(cause.name, placed.machines),
      prior: (single * cause.share * weight) / weights,
      local: cause.local,
    }));
  });
}
