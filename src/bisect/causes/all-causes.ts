import type { Cause } from '../../model/cause.js';
import type { Topology } from '../paths/topology.js';
import { HEALTHY, PAIRS, UNKNOWN } from '../weigh/priors.js';
import { acceptQueue } from './accept-queue.js';
import { device } from './device.js';
import { host } from './host.js';
import { type Hypothesis, labelOf } from './hypothesis.js';
import type { CauseKnowledge, QueueCounts } from './knowledge.js';
import { nat } from './nat.js';
import { network } from './network.js';
import { overlay } from './overlay.js';
import { pod } from './pod.js';
import { resolver } from './resolver.js';
import { rxQueue } from './rx-queue.js';
import { sender } from './sender.js';
import { server } from './server.js';
import { throttled } from './throttled.js';

/** What is known of each cause, by its name. */
export const CAUSE_KNOWLEDGE = {
  'rx-queue': rxQueue,
  host,
  device,
  nat,
  ipip: overlay('ipip'),
  vxlan: overlay('vxlan'),
  geneve: overlay('geneve'),
  wireguard: overlay('wireguard'),
  pod,
  network,
  sender,
  server,
  throttled,
  'accept-queue': acceptQueue,
  resolver,
} as const satisfies Readonly<Record<Cause, CauseKnowledge>>;

/**
 * Every single cause at every place that the paths cross. The prior of a cause, or of a family, is shared by its places.
 *
 * @param queues number of receive queues, of machines that said it
 */
export function allCauses(topology: Topology, queues: QueueCounts = {}): Hypothesis[] {
  const families = new Map<string, CauseKnowledge[]>();
  for (const cause of Object.values(CAUSE_KNOWLEDGE) as readonly CauseKnowledge[]) {
    // Where nothing is asked nobody is behind the network, and the others are as likely as ever.
    if (cause.behindNetwork === true && cause.places(topology, queues).length === 0) continue;
    const family = cause.family ?? cause.name;
    families.set(family, [...(families.get(family) ?? []), cause]);
  }
  const shares = [...families.values()].reduce((sum, [first]) => sum + (first as CauseKnowledge).share, 0);
  const single = (1 - HEALTHY - PAIRS - UNKNOWN) / shares;
  return [...families.values()].flatMap((family) => {
    const placed = family.flatMap((cause) => cause.places(topology, queues).map((place) => ({ cause, place })));
    const weights = placed.reduce((sum, { place }) => sum + place.weight, 0);
    return placed.map(({ cause, place: { weight, ...rest } }) => ({
      ...rest,
      cause: cause.name,
      label: labelOf(cause.name, rest.machines),
      prior: (single * cause.share * weight) / weights,
      local: cause.local,
    }));
  });
}
