import { CAUSES, type Cause } from '../../model/cause.js';
import type { Verdict } from '../../model/verdict.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { addsTo, causeName } from '../weigh/account-name.js';
import type { Judgement } from '../weigh/judgement.js';
import type { Posterior, WeighedAccount } from '../weigh/posterior.js';
import { HEALTHY, PAIRS, UNKNOWN } from '../weigh/priors.js';
import { rounded } from '../weigh/sureness.js';
import type { Account } from '../weigh/weigh.js';

/** Below this nothing is said of a cause in the posterior. */
const SAID = 0.001;

/** `nat@node`. */
export function accountLabel(account: Pick<Account, 'shares'> | null): string {
  return account === null ? 'healthy' : account.shares.map(({ hypothesis }) => hypothesis.label).join(' + ');
}

/** One machine is a string, several a list. */
export function placeOf({ shares }: Pick<Account, 'shares'>): string | string[] {
  const machines = [...new Set(shares.flatMap(({ hypothesis }) => hypothesis.machines))].sort();
  return machines.length === 1 ? (machines[0] as string) : machines;
}

/** Causes of equal standing; of a verdict those beside the one that it names. */
export function equalCauses(
  judgement: Exclude<Judgement, { says: 'healthy' }>,
  byAddresses: readonly WeighedAccount[] = [],
  elsewhere: readonly Hypothesis[] = [],
): string[] {
  const all = new Set([
    ...[...judgement.alike, ...byAddresses].flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis.cause)),
    ...elsewhere.map(({ cause }) => cause),
  ]);
  if (judgement.says === 'cause') {
    const { leading } = judgement;
    for (const { hypothesis } of leading.shares) all.delete(hypothesis.cause);
    const more = judgement.alike.filter((account) => addsTo(account, leading));
    if (more.length === 0) return [...all].sort();
    return [...new Set(more.map(causeName))].sort();
  }
  return judgement.alike.length + elsewhere.length > 1 ? [...all].sort() : [];
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
