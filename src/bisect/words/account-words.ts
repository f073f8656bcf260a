import { CAUSES, type Cause } from '../../model/cause.js';
import type { Verdict } from '../../model/verdict.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { CONVICTING, type Judgement } from '../weigh/judgement.js';
import type { Posterior, WeighedAccount } from '../weigh/posterior.js';
import { HEALTHY, PAIRS, UNKNOWN } from '../weigh/priors.js';
import type { Account } from '../weigh/weigh.js';

/** Below this nothing is said of a cause in the posterior. */
const SAID = 0.001;
/** Where the priors leave less than this to a cause, those of equal standing keep it from being sure. */
const SURE_BESIDE_EQUALS = 0.95;
/**
 * Priors are judgements: where all others would leave a cause less than what convicts if they were so many times as
 * likely beforehand, it does not convict.
 */
const PRIORS_OFF_BY = 10;
/** What is said of a cause that nothing measured tells from another: below what convicts. */
const NOT_CONVICTING = 0.89;

/** `ipip+nat` for two. */
export function causeName({ shares }: Pick<Account, 'shares'>): string {
  return shares
    .map(({ hypothesis }) => hypothesis.cause)
    .sort()
    .join('+');
}

/** `nat@node`. */
export function accountLabel(account: Pick<Account, 'shares'> | null): string {
  return account === null ? 'healthy' : account.shares.map(({ hypothesis }) => hypothesis.label).join(' + ');
}

/** One machine is a string, several a list. */
export function placeOf({ shares }: Pick<Account, 'shares'>): string | string[] {
  const machines = [...new Set(shares.flatMap(({ hypothesis }) => hypothesis.machines))].sort();
  return machines.length === 1 ? (machines[0] as string) : machines;
}

/**
 * How likely it is that the cause named is the one, and that it is one of those that cannot be told from it. A cause
 * that others equal is never surer than they leave it, and one that others equal but for a prior does not convict. Those
 * that would fit by addresses count as if every other card were set so, and keep it from being sure if they weigh then.
 *
 * @param byAddresses accounts that equal it where cards hash by addresses alone
 * @param contradicted whether some path speaks against it, unless the hosts file is wrong, or a second cause may hide
 *   beside it
 */
export function surenessOf(
  judgement: Judgement,
  byAddresses: readonly WeighedAccount[] = [],
  contradicted = false,
): { probability: number; together: number } {
  const together = rounded(judgement.probability);
  if (judgement.says !== 'cause') return { probability: together, together };
  const { leading, alike } = judgement;
  const same = sameAs(leading, alike);
  const sure = Math.min(together, rounded(sumOf(same)));
  const equalled = same.length < alike.length && sure < SURE_BESIDE_EQUALS;
  const own = equalled || contradicted ? Math.min(sure, NOT_CONVICTING) : sure;
  const among = rounded(own / (1 + sumOf(byAddresses)));
  const rivalled = byAddresses.length > 0 && among < SURE_BESIDE_EQUALS;
  return { probability: rivalled ? Math.min(among, NOT_CONVICTING) : among, together };
}

/** Whether a cause would no longer convict if all others were as much likelier beforehand as priors may be off. */
export function hangsOnPriors(judgement: Judgement): boolean {
  if (judgement.says !== 'cause') return false;
  const sure = sumOf(sameAs(judgement.leading, judgement.alike));
  return sure < CONVICTING * (sure + PRIORS_OFF_BY * (1 - sure));
}

/** Of the accounts of equal standing those of the same cause, or of it and one more. */
const sameAs = (leading: WeighedAccount, alike: readonly WeighedAccount[]): WeighedAccount[] =>
  alike.filter((account) => causeName(account) === causeName(leading) || addsTo(account, leading));

/** Causes of equal standing; of a verdict those beside the one that it names. */
export function equalCauses(
  judgement: Exclude<Judgement, { says: 'healthy' }>,
  byAddresses: readonly WeighedAccount[] = [],
): string[] {
  const all = new Set(
    [...judgement.alike, ...byAddresses].flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis.cause)),
  );
  if (judgement.says === 'cause') {
    const { leading } = judgement;
    for (const { hypothesis } of leading.shares) all.delete(hypothesis.cause);
    const more = judgement.alike.filter((account) => addsTo(account, leading));
    if (more.length === 0) return [...all].sort();
    return [...new Set(more.map(causeName))].sort();
  }
  return judgement.alike.length > 1 ? [...all].sort() : [];
}

/** Whether an account has all the causes of another, and one more. */
function addsTo({ shares }: Account, other: Account): boolean {
  const own = new Set(shares.map(({ hypothesis }) => hypothesis.cause));
  return shares.length > other.shares.length && other.shares.every(({ hypothesis }) => own.has(hypothesis.cause));
}

/** The posterior over causes and pairs of causes, the likeliest first. */
export function posteriorByCause(posterior: Posterior): Record<string, number> {
  const sums = new Map<string, number>();
  for (const account of posterior) {
    const unknown = account.shares.some(({ hypothesis }) => hypothesis.cause === 'unknown');
    const name =
      account.quiet || unknown ? 'inconclusive' : account.shares.length === 0 ? 'healthy' : causeName(account);
    sums.set(name, (sums.get(name) ?? 0) + account.probability);
  }
  const said = [...sums].filter(([, probability]) => probability >= SAID).sort((a, b) => b[1] - a[1]);
  return Object.fromEntries(said.map(([name, probability]) => [name, rounded(probability)]));
}

export function priorsOf(hypotheses: readonly Hypothesis[]): Verdict['priors'] {
  const sum = (cause: Cause): number =>
    hypotheses.reduce((total, hypothesis) => total + (hypothesis.cause === cause ? hypothesis.prior : 0), 0);
  const single = CAUSES.map((cause) => [cause, rounded(sum(cause))] as const).filter(([, prior]) => prior > 0);
  return { healthy: HEALTHY, ...Object.fromEntries(single), 'two causes': PAIRS, unknown: UNKNOWN };
}

export function rounded(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));
}

function sumOf(accounts: readonly WeighedAccount[]): number {
  return accounts.reduce((sum, { probability }) => sum + probability, 0);
}
