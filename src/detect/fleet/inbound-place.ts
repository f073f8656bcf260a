import { type InboundPlace, MOST_SENDERS } from '../../model/fleet/metrics-table.js';

/** Flows of one node that take part in a stall of what arrives. */
export interface SenderFlows {
  readonly from: string;
  /** Of its probes. */
  readonly flows: number;
  readonly probes: number;
  /** Of its replies to probes of this node. */
  readonly replies: number;
}

/** One packet that takes part, by what it is and the number of its flow. */
export interface TakenPart {
  readonly from: string;
  readonly what: 'probe' | 'reply';
  readonly flow: number;
}

/** Flows of one sender that together stand for all of it: probes of one flow share a queue. */
const LEAST_OF_SENDER = 3;
/** Held flows that stand for all where none passed meanwhile: of two queues one has all five in 1 of 32 cases. */
const LEAST_OF_ALL = 5;

/** By sender, those with most probes first. */
export function bySender(packets: readonly TakenPart[]): SenderFlows[] {
  const senders = new Map<string, { flows: Set<number>; replies: Set<number>; probes: number }>();
  for (const { from, what, flow } of packets) {
    const entry = senders.get(from) ?? { flows: new Set(), replies: new Set(), probes: 0 };
    senders.set(from, entry);
    if (what === 'reply') entry.replies.add(flow);
    else {
      entry.flows.add(flow);
      entry.probes += 1;
    }
  }
  return [...senders]
    .map(([from, { flows, replies, probes }]) => ({ from, flows: flows.size, probes, replies: replies.size }))
    .sort((one, other) => other.probes - one.probes || other.replies - one.replies)
    .slice(0, 4 * MOST_SENDERS);
}

/**
 * What held packets of which senders mean, beside those that passed meanwhile. The receive side is meant only if packets
 * of two senders and more were held while others of the same senders passed: no single sender can bring that about.
 *
 * Replies have crossed this node's own way out and their sender's receiving as well, so alone they mean nobody: what
 * holds a part of that way out holds some replies of many senders. With the held probe of another node beside them, which
 * crossed neither, only what both have in common is left. Each is set against its own kind: a prober that pauses holds all
 * its probes while its kernel answers, and several do so together where they share a machine; and a probe that passed
 * says nothing of what replies have crossed besides. What holds all holds replies too: where none was, probers stood
 * still, this node's among them.
 *
 * @param repliesShow whether replies would have been held as well: this node probes, and they cross the same queues
 */
export function placeOf(
  held: readonly SenderFlows[],
  passed: readonly SenderFlows[],
  repliesShow = false,
): { readonly place: InboundPlace; readonly sender?: string } {
  const others = new Map(passed.map((one) => [one.from, one]));
  const partedOf = (kind: 'flows' | 'replies') =>
    held.filter((one) => one[kind] > 0 && (others.get(one.from)?.[kind] ?? 0) > 0).map(({ from }) => from);
  const byProbes = partedOf('flows');
  if (byProbes.length > 0 && new Set([...byProbes, ...partedOf('replies')]).size >= 2) return { place: 'receive' };
  const senders = held.filter(({ flows }) => flows > 0);
  const isWhole = senders.length >= 2 && passed.length === 0 && flowsOf(senders) >= LEAST_OF_ALL;
  if (isWhole && (!repliesShow || held.some(({ replies }) => replies > 0))) return { place: 'all' };
  const [only] = senders;
  const probed = passed.filter(({ flows }) => flows > 0);
  if (
    only !== undefined &&
    held.length === 1 &&
    !others.has(only.from) &&
    only.flows >= LEAST_OF_SENDER &&
    probed.length >= 2 &&
    flowsOf(probed) >= LEAST_OF_SENDER
  ) {
    return { place: 'sender', sender: only.from };
  }
  return { place: 'unclear' };
}

function flowsOf(all: readonly SenderFlows[]): number {
  return all.reduce((sum, { flows }) => sum + flows, 0);
}
