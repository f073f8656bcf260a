import type { Judgement } from './judgement.js';
import type { Posterior, WeighedAccount } from './posterior.js';

/** By so much a rival may fit less well and still be thought of: all other pairs of addresses must miss its queue. */
const THINKABLE = Math.log(1_000);
/** By so much, and it is listed beside the cause that is named. */
const LISTED = Math.log(50);
/** Whether a card is set to hash by addresses alone is open until somebody looks. */
const UNSEEN_SETTING = 0.5;

/** Causes that only a prior tells from the one that is named: that cards and links hash TCP by ports. */
export interface ByAddresses {
  /** Each with its probability where hashing by addresses is as likely as not. */
  readonly thinkable: readonly WeighedAccount[];
  /** Those of them that fit nearly as well. */
  readonly listed: readonly WeighedAccount[];
}

/**
 * Where all that waits goes between two addresses, a queue that is chosen by addresses alone holds just that, as the
 * network between the two does. Nothing where flows part or further addresses tell.
 */
export function alikeByAddresses(posterior: Posterior, judgement: Judgement): ByAddresses {
  const [own, second] = judgement.says === 'cause' ? judgement.leading.shares : [];
  if (judgement.says !== 'cause' || own === undefined || second !== undefined || own.queues !== null) {
    return { thinkable: [], listed: [] };
  }
  const { leading, alike } = judgement;
  const behind = (account: WeighedAccount): number | null => {
    const [share, other] = account.shares;
    if (share === undefined || other !== undefined || share.byAddresses === null || alike.includes(account))
      return null;
    const { cause, machines } = share.hypothesis;
    const sameMachine = machines.some((machine) => own.hypothesis.machines.includes(machine));
    return sameMachine && cause !== own.hypothesis.cause ? leading.bestScore - account.score - gainOf(account) : null;
  };
  const within = (most: number): WeighedAccount[] =>
    posterior.flatMap((account) => {
      const gap = behind(account);
      if (gap === null || gap > most) return [];
      return [{ ...account, probability: account.probability * Math.exp(gainOf(account)) * UNSEEN_SETTING }];
    });
  return { thinkable: within(THINKABLE), listed: within(LISTED) };
}

/** By how much an account would fit better if hashing by addresses were certain. */
function gainOf({ shares: [share] }: WeighedAccount): number {
  return share === undefined || share.byAddresses === null ? 0 : share.byAddresses - share.score;
}
