import type { Cause } from '../../model/verdict.js';
import type { IncidentKind } from '../evidence/observation.js';

/**
 * What a cause does to the packets of a path. `all`: holds every one. `by-flow`: those that hash onto a stalled queue.
 * `new`: only those of source ports not seen before. `none`: lets them pass. `any`: as it likes.
 */
export type Reach = 'all' | 'by-flow' | 'new' | 'none' | 'any';

/** One way in which a cause can show; the shares of the variants of a hypothesis add up to 1. */
export interface Variant {
  readonly share: number;
  /** By index of the path. */
  readonly reach: readonly Reach[];
}

/** How probes held together are released: by one pipe in order, by several queues in turn. */
export type Release = 'pipe' | 'one-queue' | 'several-queues';

/** One cause at one place. */
export interface Hypothesis {
  /** `unknown`: something on one path that the model has no stage for; never a verdict. */
  readonly cause: Cause | 'unknown';
  /** Machines at fault; two for a network or tunnel between two. */
  readonly machines: readonly string[];
  /** `nat@node`. */
  readonly label: string;
  /** When it holds, in words: "packets wait …". */
  readonly words: string;
  readonly prior: number;
  readonly variants: readonly Variant[];
  readonly release: Release;
  /** How often it shows as which kind of incident; adds up to 1. */
  readonly kinds: Readonly<Record<IncidentKind, number>>;
}

export function labelOf(cause: Cause, machines: readonly string[]): string {
  return machines.length === 0 ? cause : `${cause}@${machines.join('+')}`;
}

/** A machine, or two, as one says it. */
export function sayMachines(machines: readonly string[]): string {
  return machines.join(' and ');
}

/** Nearly always a stall; a backlog may drain slowly; only a queue that overflows loses. */
export const STALLING: Hypothesis['kinds'] = { stall: 0.907, 'slow-drain': 0.09, congestion: 0.001, loss: 0.002 };
