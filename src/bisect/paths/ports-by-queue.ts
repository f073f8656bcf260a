import { MOST_NAMED_PORTS } from '../../model/plan.js';
import type { ReceiveSide } from '../../model/receive-side.js';
import { queueByRss } from './toeplitz.js';

/** How a card spreads what it receives, where it says so. */
type Spread = Extract<ReceiveSide['spread'], { by: 'toeplitz' }>;

/**
 * Three probes with one release instant are a stall: flows of a queue that leave one after the other cross it three
 * times within two intervals. Evenly spread they would be three intervals of all queues apart.
 */
const IN_A_ROW = 3;

/** Addresses and port of the target, as the packets have them there. */
export interface WayToQueues {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** How many flows a path has where each queue of its target gets as many. */
export interface FlowsByQueue {
  /** In the order in which they are crossed. */
  readonly queues: readonly number[];
  /** Of one queue, one after the other. */
  readonly inARow: number;
  /** How often all queues are crossed so before the first flow is used again. */
  readonly rounds: number;
}

/**
 * @param wished flows that a path has otherwise
 * @returns null where ports do not decide the queue, or there are more queues than ports can be named
 */
export function flowsByQueue(side: ReceiveSide, isIpv6: boolean, wished: number): FlowsByQueue | null {
  const { spread } = side;
  // Behind RPS packets wait for the CPU that software chose.
  if (spread.by !== 'toeplitz' || side.spreadBySoftware || !(isIpv6 ? spread.ports.ipv6 : spread.ports.ipv4)) {
    return null;
  }
  const queues = [...new Set(spread.table)].sort((a, b) => a - b);
  if (queues.length < 2 || queues.length > MOST_NAMED_PORTS) return null;
  const inARow = Math.min(IN_A_ROW, Math.floor(MOST_NAMED_PORTS / queues.length));
  return { queues, inARow, rounds: Math.max(1, Math.floor(wished / (queues.length * inARow))) };
}

/** The queue that a source port leads to. */
export function queueOfPort(from: number, way: WayToQueues, spread: Spread): number {
  return queueByRss({ from: way.from, to: way.to, ports: { from, to: way.port } }, spread);
}

/**
 * Source ports for a path, by flow, so that its packets come in on each queue of the target in turn.
 *
 * @param candidates the ports that may be had, the best first
 * @returns null where they lead to some queue too seldom, as with a key of few different bits
 */
export function portsByQueue(
  { queues, inARow, rounds }: FlowsByQueue,
  spread: Spread,
  way: WayToQueues,
  candidates: Iterable<number>,
): readonly number[] | null {
  const each = inARow * rounds;
  const found = new Map(queues.map((queue) => [queue, [] as number[]]));
  let missing = queues.length * each;
  for (const port of candidates) {
    const ports = found.get(queueOfPort(port, way, spread));
    if (ports === undefined || ports.length === each) continue;
    ports.push(port);
    missing -= 1;
    if (missing > 0) continue;
    return Array.from({ length: rounds }, (_, round) =>
      queues.flatMap((queue) => (found.get(queue) as number[]).slice(round * inARow, (round + 1) * inARow)),
    ).flat();
  }
  return null;
}

/**
 * Of each flow another port that comes in on the same queue, for when somebody else has the first by then.
 *
 * @param queueOf a port's queue; the same for all where any port does
 * @param candidates the ports that may be had, the best first
 * @returns 0 for flows for which there is none
 */
export function portsInstead(
  ports: readonly number[],
  queueOf: (port: number) => number,
  candidates: Iterable<number>,
): readonly number[] {
  const waiting = new Map<number, number[]>();
  for (const [flow, port] of ports.entries()) {
    const queue = queueOf(port);
    waiting.set(queue, [...(waiting.get(queue) ?? []), flow]);
  }
  const instead = ports.map(() => 0);
  let missing = ports.length;
  for (const port of candidates) {
    if (missing === 0) break;
    const flow = waiting.get(queueOf(port))?.shift();
    if (flow === undefined) continue;
    instead[flow] = port;
    missing -= 1;
  }
  return instead;
}
