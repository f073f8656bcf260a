import type { ReceiveSide } from '../../model/receive-side.js';
import { agreesWith, type FlowGroups } from '../../stats/flow-groups.js';
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

/**
 * What the flows tell of the receive queues of a machine, beside what it says itself, in sentences.
 *
 * @param receiver where the machine could be asked
 */
export function queueWords(machine: string, groups: FlowGroups, receiver: Receiver | undefined): string[] {
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
  words.push(...predictionWords(machine, groups, receiver));
  return words;
}

/** A few flows on an uneven hash may fall outside the interval; twice as far out it is no chance any more. */
function agreement(said: number, { least, most }: NonNullable<FlowGroups['queues']>): string {
  if (said >= least && said <= most) return 'that agrees';
  if (said >= least / 2 && said <= most * 2) return 'that may be, with an uneven hash';
  return 'that does not agree, so something else may part the flows';
}

function predictionWords(machine: string, groups: FlowGroups, receiver: Receiver): string[] {
  const { side } = receiver;
  const predicted = predictQueues(receiver);
  if (predicted === null) {
    const why = side.spread.by === 'unknown' ? side.spread.why : '';
    return [`which queue a flow of ${machine} lands on is learnt from the stalls alone: ${why}`];
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
