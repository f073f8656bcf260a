import { OVERLAYS } from './overlay.js';

/**
 * A part of one machine, or of the network between two, that the packets of a path cross. `rx-queue` stands for
 * the whole receive side of a machine: whether one of its queues waits or all (`host`) is seen from the flows hit.
 * `listener` is the port that connections wait at to be accepted, `server` and `resolver` the processes that answer.
 */
export const STAGE_KINDS = [
  'sender',
  'network',
  'rx-queue',
  'nat',
  ...OVERLAYS,
  'pod',
  'listener',
  'server',
  'resolver',
] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

export interface Stage {
  readonly kind: StageKind;
  /** Names of vantages or targets, or addresses; two of them, in alphabetical order, for `network` and overlays. */
  readonly machines: readonly [string] | readonly [string, string];
}

/** For comparing and as a key: `rx-queue@node`, `network@shell+node`. */
export function stageKey(stage: Stage): string {
  return `${stage.kind}@${stage.machines.join('+')}`;
}
