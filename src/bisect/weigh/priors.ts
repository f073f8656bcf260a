/** How likely it is, before any measurement, that nothing is wrong above the threshold. */
export const HEALTHY = 0.4;
/** All pairs of causes together. */
export const PAIRS = 0.06;
/** Something that touches one path alone and that the model does not know. */
export const UNKNOWN = 0.02;

/** Number of queues over which a machine spreads packets; 4 stands for 3 to 5, and so on. Two of eight count as 4. */
export const QUEUES: readonly (readonly [queues: number, share: number])[] = [
  [1, 0.12],
  [2, 0.17],
  [4, 0.25],
  [8, 0.23],
  [16, 0.16],
  [32, 0.07],
];
/** The same where they are two at least. */
export const QUEUES_APART: typeof QUEUES = QUEUES.filter(([queues]) => queues > 1).map(([queues, share], _, all) => [
  queues,
  share / all.reduce((sum, [, other]) => sum + other, 0),
]);
