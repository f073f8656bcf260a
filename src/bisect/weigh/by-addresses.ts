import type { Judgement } from './judgement.js';
import type { Posterior, WeighedAccount } from './posterior.js';
import type { Share } from './share.js';

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
  if (judgement.says !== 'cause') return { thinkable: [], listed: [] };
  const { leading, alike } = judgement;
  const within = (most: number): WeighedAccount[] =>
    posterior.flatMap((account) => {
      const other = alike.includes(account) ? null : inPlaceOfOne(leading, account);
      if (other === null || leading.bestScore - account.score - gainOf(other) > most) return [];
      return [{ ...account, probability: account.probability * Math.exp(gainOf(other)) * UNSEEN_SETTING }];
    });
  return { thinkable: within(THINKABLE), listed: within(LISTED) };
}

/**
 * The cause that an account has in the place of one that the leading account names, at the same machine, where that one
 * holds all and the other may do so by addresses; null where they differ in more, or otherwise.
 */
function inPlaceOfOne(leading: WeighedAccount, account: WeighedAccount): Share | null {
  const has = ({ shares }: WeighedAccount, { hypothesis }: Share): boolean =>
    shares.some((share) => share.hypothesis === hypothesis);
  const [own, further] = leading.shares.filter((share) => !has(account, share));
  const [other, another] = account.shares.filter((share) => !has(leading, share));
  if (own === undefined || other === undefined || further !== undefined || another !== undefined) return null;
  if (own.queues !== null || other.byAddresses === null || own.hypothesis.cause === other.hypothesis.cause) return null;
  return other.hypothesis.machines.some((machine) => own.hypothesis.machines.includes(machine)) ? other : null;
}

/** By how much a cause would fit better if hashing by addresses were certain. */
function gainOf({ byAddresses, score }: Share): number {
  return byAddresses === null ? 0 : byAddresses - score;
}
