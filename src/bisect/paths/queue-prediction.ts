import type { ReceiveSide } from '../../model/receive-side.js';
import { agreesWith, type FlowGroups, type FlowSighting } from '../../stats/flow-groups.js';
import { type HashedPacket, queueByRss } from './toeplitz.js';

/** A machine that could be asked how it receives, and the flows that come in there. */
export interface Receiver {
  readonly side: ReceiveSide;
  /** By flow number, as it arrives. */
  readonly packets: ReadonlyMap<number, HashedPacket>;
}

/** The queue of each flow, from the card's key and table; null where they are not known. */
export function predictQueues({ side, packets }: Receiver): ReadonlyMap<number, number> | null {
  const { spread } = side;
  if (spread.by !== 'toeplitz') return null;
  return new Map(
    [...packets].map(([flow, packet]) => {
      const ports = packet.from.includes(':') ? spread.ports.ipv6 : spread.ports.ipv4;
      const { from, to } = packet;
      return [flow, queueByRss(ports ? packet : { from, to }, spread)];
    }),
  );
}

/** One stall in which flows of a queue part may be an accident. */
const LEAST_PARTED = 2;
/** Of the stalls that held flows of a queue, the part in which the others may have seemed to pass. */
const MOST_ASTRAY = 0.1;

/**
 * In how many stalls flows parted that the key puts into one queue, where that voids the prediction: what comes in is
 * hashed otherwise than was thought, or was translated on its way. 0 where it stands.
 */
export function partedStalls(sightings: readonly FlowSighting[], predicted: ReadonlyMap<number, number>): number {
  const parted = sightings.filter(({ hit, passed }) => {
    const held = new Set(hit.flatMap((flow) => predicted.get(flow) ?? []));
    return passed.some((flow) => held.has(predicted.get(flow) ?? -1));
  }).length;
  return parted < LEAST_PARTED || parted <= MOST_ASTRAY * sightings.length ? 0 : parted;
}

/**
 * What the flows tell of the receive queues of a machine, beside what it says itself, in sentences.
 *
 * @param receiver where the machine could be asked
 * @param sightings what the groups were learnt from
 */
export function queueWords(
  machine: string,
  groups: FlowGroups,
  receiver: Receiver | undefined,
  sightings: readonly FlowSighting[] = [],
): string[] {
  const { queues, stalled } = groups;
  if (queues === null) return [];
  const held = stalled.length === 1 ? 'one of them stalls' : `${stalled.length} of them stall`;
  const places = receiver?.side.spreadBySoftware ? 'CPUs that receive' : 'receive queues';
  if (receiver !== undefined && receiver.side.rxQueues < stalled.length && !receiver.side.spreadBySoftware) {
    return [
      `${stalled.length} groups of flows wait apart, and ${machine} has ${receiver.side.rxQueues} receive queues: something else parts them too`,
    ];
  }
  const words = [
    `by the flows that wait together ${machine} has about ${queues.likely} ${places} (${queues.least} to ${queues.most}, 95 %); ${held}`,
  ];
  if (receiver === undefined) return words;
  const { side } = receiver;
  if (!side.spreadBySoftware) {
    words.push(`${machine} says ${side.interface} has ${side.rxQueues}: ${agreement(side.rxQueues, queues)}`);
  }
  words.push(...predictionWords(machine, groups, receiver, sightings));
  return words;
}

/** A few flows on an uneven hash may fall outside the interval; twice as far out it is no chance any more. */
function agreement(said: number, { least, most }: NonNullable<FlowGroups['queues']>): string {
  if (said >= least && said <= most) return 'that agrees';
  if (said >= least / 2 && said <= most * 2) return 'that may be, with an uneven hash';
  return 'that does not agree, so something else may part the flows';
}

function predictionWords(
  machine: string,
  groups: FlowGroups,
  receiver: Receiver,
  sightings: readonly FlowSighting[],
): string[] {
  const { side } = receiver;
  const predicted = predictQueues(receiver);
  if (predicted === null) {
    const why = side.spread.by === 'unknown' ? side.spread.why : '';
    return [`which queue a flow of ${machine} lands on is learnt from the stalls alone: ${why}`];
  }
  const parted = side.spreadBySoftware ? 0 : partedStalls(sightings, predicted);
  if (parted > 0) {
    return [
      `flows that the key of ${side.interface} puts into one queue of ${machine} parted in ${parted} of ${sightings.length} stalls: what comes in there is hashed otherwise, or was translated on its way, so nothing is predicted by the key`,
    ];
  }
  const spread = side.spreadBySoftware ? ', before RPS spreads them on' : '';
  const waiting = groups.stalled.map((group) => {
    const on = [...new Set(group.map((flow) => predicted.get(flow) ?? -1))].sort((a, b) => a - b);
    return { flows: group.length, on };
  });
  const places = waiting
    .map(
      ({ flows, on }) => `${flows} flows that wait together on ${on.map((queue) => queueName(queue, side)).join(', ')}`,
    )
    .join('; ');
  const verdict = agreesWith(groups, predicted)
    ? 'the prediction agrees with what was seen'
    : 'the prediction does not agree with what was seen, so the flows part elsewhere than at this card';
  return [`the hash of ${side.interface} puts ${places}${spread}: ${verdict}`];
}

function queueName(queue: number, side: ReceiveSide): string {
  const cpus = side.cpusOfQueue[queue] ?? [];
  if (cpus.length === 0) return `queue ${queue}`;
  return `queue ${queue} (${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpus.join(', ')})`;
}
