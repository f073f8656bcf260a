import { addsTo, causeName } from './account-name.js';
import { CONVICTING, type Judgement } from './judgement.js';
import type { Rival } from './otherwise-described.js';
import type { WeighedAccount } from './posterior.js';

/** Where the priors leave less than this to a cause, those of equal standing keep it from being sure. */
const SURE_BESIDE_EQUALS = 0.95;
/** The same where cards that hash by addresses alone would: of which nobody looked how often they are. */
const SURE_BESIDE_RIVALS = 0.97;
/**
 * Priors are judgements: where all others would leave a cause less than what convicts if they were so many times as
 * likely beforehand, it does not convict.
 */
const PRIORS_OFF_BY = 10;
/** What is said of a cause that nothing measured tells from another: below what convicts. */
const NOT_CONVICTING = 0.89;
/** A cause does not convict where so many times less likely ones than it need but one wrong entry of the hosts file. */
const EQUAL_IF_WRONG = 20;

/** What is weighed beside the accounts of a judgement. */
export interface Beside {
  /** Accounts that equal it where cards hash by addresses alone. */
  readonly byAddresses?: readonly Pick<WeighedAccount, 'probability'>[];
  /** Causes that stand in its place where an entry of the hosts file is wrong. */
  readonly elsewhere?: readonly Pick<Rival, 'probability' | 'ifWrong'>[];
  /** Whether something keeps it and those of equal standing from being sure: a path that speaks against it, say. */
  readonly open?: boolean;
  /** The same of the cause named alone: a second one may hide beside it. */
  readonly openAlone?: boolean;
}

/**
 * How likely it is that the cause named is the one, and that it is one of those that cannot be told from it. A cause
 * that others equal is never surer than they leave it, and one that others equal but for a prior does not convict. Those
 * that would fit by addresses count as if every other card were set so, and keep it from being sure if they weigh then.
 * Nor does it convict where another cause would explain the same if one entry of the hosts file were wrong.
 */
export function surenessOf(
  judgement: Judgement,
  { byAddresses = [], elsewhere = [], open = false, openAlone = false }: Beside = {},
): { probability: number; together: number } {
  const together = rounded(judgement.probability);
  if (judgement.says !== 'cause') return { probability: together, together };
  const { leading, alike } = judgement;
  const ofAll = open ? Math.min(together, NOT_CONVICTING) : together;
  const same = sameAs(leading, alike);
  const sure = Math.min(together, rounded(sumOf(same) / (1 + sumOf(elsewhere))));
  const equalled = same.length < alike.length && sure < SURE_BESIDE_EQUALS;
  const overturned = elsewhere.reduce((sum, { ifWrong }) => sum + ifWrong, 0) * EQUAL_IF_WRONG >= sumOf(same);
  const doubtful = equalled || open || openAlone || overturned;
  const own = doubtful ? Math.min(sure, NOT_CONVICTING) : sure;
  const among = rounded(own / (1 + sumOf(byAddresses)));
  const rivalled = byAddresses.length > 0 && among < SURE_BESIDE_RIVALS;
  return { probability: rivalled ? Math.min(among, NOT_CONVICTING) : among, together: ofAll };
}

/** Whether a cause that convicts would no longer do so if all others were as much likelier beforehand as priors may be off. */
export function hangsOnPriors(judgement: Judgement): boolean {
  if (judgement.says !== 'cause') return false;
  const sure = sumOf(sameAs(judgement.leading, judgement.alike));
  return sure >= CONVICTING && sure < CONVICTING * (sure + PRIORS_OFF_BY * (1 - sure));
}

/** Of the accounts of equal standing those of the same cause, or of it and one more. */
const sameAs = (leading: WeighedAccount, alike: readonly WeighedAccount[]): WeighedAccount[] =>
  alike.filter((account) => causeName(account) === causeName(leading) || addsTo(account, leading));

function sumOf(accounts: readonly Pick<WeighedAccount, 'probability'>[]): number {
  return accounts.reduce((sum, { probability }) => sum + probability, 0);
}

/** A probability as it is said. */
export function rounded(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));
}
