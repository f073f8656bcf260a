import type { Cause } from '../../model/verdict.js';

/** How likely it is, before any measurement, that nothing is wrong above the threshold. */
export const HEALTHY = 0.4;
/** All pairs of causes together. */
export const PAIRS = 0.06;
/** Something that touches one path alone and that the model does not know. */
export const UNKNOWN = 0.02;

/**
 * Shares of the single causes, over all places of each together. Receive processing leads by the experience of 2019
 * and of the reports since; no other cause is so much rarer that ten incidents could not outweigh it.
 */
export const CAUSE_SHARES: Readonly<Record<Cause, number>> = {
  'rx-queue': 0.2,
  host: 0.16,
  nat: 0.12,
  ipip: 0.12,
  pod: 0.12,
  network: 0.15,
  sender: 0.13,
};

/** Of the share of `network`: between two machines, and on the last stretch to one. */
export const NETWORK_BETWEEN = 0.65;
export const NETWORK_LAST_MILE = 0.35;

/** Number of queues over which a machine spreads packets; 4 stands for 3 to 5, and so on. Two of eight count as 4. */
export const QUEUES: readonly (readonly [queues: number, share: number])[] = [
  [1, 0.12],
  [2, 0.17],
  [4, 0.25],
  [8, 0.23],
  [16, 0.16],
  [32, 0.07],
];
