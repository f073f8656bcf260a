import { FRESH_FLOW } from '../model/sample.js';

/** A held probe: when it went in, and when it came out. */
export interface Passage {
  readonly flow: number;
  readonly sentNs: number;
  readonly arrivalNs: number;
}

/** Pairs of probes below which chance decides. */
const LEAST_PAIRS = 3;
/** Share of pairs in the wrong order up to which probes count as released in the order of sending. */
const FIFO_WRONG = 0.1;
/** Share from which on flows were released apart: batches of two queues have about half of the pairs wrong. */
const APART_WRONG = 0.25;
/** Pairs compared at most: a stall may hold thousands of probes. */
const MOST_COMPARED = 256;

/**
 * Whether held probes were released in the order of sending across flows (one FIFO held them all), or in batches
 * by flow (several queues). Order within a flow is the yardstick: where that is lost as well, jitter is larger
 * than the distance of the releases and nothing can be told; neither can it with a single flow.
 */
export function releaseOrder(held: readonly Passage[]): 'fifo' | 'by-flow' | 'unknown' {
  const step = Math.ceil(held.length / MOST_COMPARED);
  const some = held.filter((_, i) => i % step === 0);
  const across = { right: 0, wrong: 0 };
  const within = { right: 0, wrong: 0 };
  for (const [i, a] of some.entries()) {
    for (const b of some.slice(i + 1)) {
      const order = Math.sign(a.sentNs - b.sentNs) * Math.sign(a.arrivalNs - b.arrivalNs);
      const pairs = a.flow === b.flow && a.flow !== FRESH_FLOW ? within : across;
      if (order > 0) {
        pairs.right += 1;
      } else if (order < 0) {
        pairs.wrong += 1;
      }
    }
  }
  const pairs = across.right + across.wrong;
  if (pairs < LEAST_PAIRS) {
    return 'unknown';
  }
  const wrong = across.wrong / pairs;
  if (wrong <= FIFO_WRONG) {
    return 'fifo';
  }
  const inside = within.right + within.wrong;
  const keepsOrderWithin = inside >= LEAST_PAIRS && within.wrong / inside <= FIFO_WRONG;
  return wrong >= APART_WRONG && keepsOrderWithin ? 'by-flow' : 'unknown';
}
