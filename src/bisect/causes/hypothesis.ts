import type { Cause } from '../../model/cause.js';
import type { AccountSign } from '../evidence/machine-account.js';
import type { IncidentKind } from '../evidence/observation.js';

/**
 * What a cause does to the packets of a path. `all`: holds every one. `by-flow`: those that hash onto a stalled queue.
 * `new`: only those of source ports not seen before. `none`: lets them pass. `some`: perhaps those of some flows, always
 * the same, as they come by a place that the path does not name. `drawn`: each of them by chance, as where a port draws a
 * pod for every connection. `any`: as it likes.
 */
export type Reach = 'all' | 'by-flow' | 'new' | 'none' | 'some' | 'drawn' | 'any';

/** One way in which a cause can show; the shares of the variants of a hypothesis add up to 1, or to less where some of its ways are impossible there. */
export interface Variant {
  readonly share: number;
  /** By index of the path. */
  readonly reach: readonly Reach[];
  /** Where flows part they part on two places at least; else one that holds all is possible too. */
  readonly parallel?: true;
  /** On how many, where that is known. */
  readonly places?: number;
  /** How likely it is the same of them each time, and not another one. */
  readonly same?: number;
}

/** How probes held together are released: by one pipe in order, by several queues in turn. */
export type Release = 'pipe' | 'one-queue' | 'several-queues';

/** Chances that a receiver sees a wait before its capture point, inside the machine, and on the way back. */
export type Parts = readonly [before: number, inside: number, back: number];
/** The ways in which a cause may hold packets, of which it keeps to one for the whole run; shares add up to 1. */
export type Ways = readonly (readonly [share: number, parts: Parts])[];

/** What a helper on a machine sees of a cause. */
export interface LocalView {
  /**
   * Chance that the kernel of the machine at fault shows packets waiting for a CPU over an incident; null where the
   * cause concerns no CPU of it.
   */
  readonly waits: number | null;
  /** Chance that a trace cannot see that kind of wait at all; and the same where some flows waited and others passed. */
  readonly blind: number;
  readonly blindByFlow: number;
  /** At the machine at fault, and at any other. */
  readonly here: Ways;
  readonly elsewhere: Ways;
}

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
  readonly local: LocalView;
  /** How likely the account of its machine shows each sign while it is the cause; default as likely as at any time. */
  readonly signs?: Partial<Readonly<Record<AccountSign, number>>>;
  /** Of a request it holds the answer, and not the opening of its connection. */
  readonly holdsAnswers?: true;
}

export function labelOf(cause: Cause, machines: readonly string[]): string {
  return machines.length === 0 ? cause : `${cause}@${machines.join('+')}`;
}

/** A machine, or two, as one says it. */
export function sayMachines(machines: readonly string[]): string {
  return machines.join(' and ');
}

/** What a hypothesis does to a path in the likeliest of its variants. */
export function usualReach({ variants }: Pick<Hypothesis, 'variants'>): readonly Reach[] {
  return variants.reduce((a, b) => (b.share > a.share ? b : a)).reach;
}

/** Nearly always a stall; a backlog may drain slowly; only a queue that overflows loses. */
export const STALLING: Hypothesis['kinds'] = { stall: 0.909, 'slow-drain': 0.09, congestion: 0.0005, loss: 0.0005 };
