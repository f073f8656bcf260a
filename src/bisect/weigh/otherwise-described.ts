import { allCauses } from '../causes/all-causes.js';
import { asTheyAre } from '../causes/branching.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { type OtherDescription, otherDescriptions } from '../evidence/other-descriptions.js';
import { topologyOf } from '../paths/topology.js';
import type { Case } from './case.js';
import type { Judgement } from './judgement.js';
import { ownIncidents } from './own-incidents.js';
import { WRONG } from './path-likelihood.js';
import type { WeighedAccount } from './posterior.js';
import { scoreShare } from './share.js';
import { type Account, withOther } from './weigh.js';

/** A rival that fits so much less well, with an entry known to be wrong, is of no account. */
const OF_NO_ACCOUNT = Math.log(10_000);

/** Another cause that explains what was seen if one entry of the hosts file is wrong. */
export interface Rival {
  readonly description: OtherDescription;
  /** In the place of one of those that the verdict names. */
  readonly hypothesis: Hypothesis;
  /** With the chance that the entry is wrong, in the same units as that of the account it stands against. */
  readonly probability: number;
  /** The same if the entry were known to be wrong. */
  readonly ifWrong: number;
}

/**
 * The causes that would stand in the place of a named one if one entry of the hosts file were wrong, each with its
 * probability. What the entry is of is held or passes for another reason then; a cause that it makes no difference to is
 * weighed already.
 *
 * @param hypotheses of the hosts file as it is
 */
export function rivalsElsewhere(
  known: Case,
  hypotheses: readonly Hypothesis[],
  leading: WeighedAccount,
): readonly Rival[] {
  if (known.replies === null) return [];
  const usual = new Map(hypotheses.map((hypothesis) => [hypothesis.label, hypothesis]));
  const wrong = known.topology.paths.map((_, path) => known.misdescribed.some((one) => one.path === path));
  const mattering = matteringPaths(known, hypotheses, leading);
  return otherDescriptions(known.topology.paths, known.replies).flatMap((description) => {
    const { paths, own, fit } = description;
    if (own.every((path) => wrong[path]) || !mattering(own)) return [];
    const topology = topologyOf(paths);
    const branching = paths.map(({ backends = 0 }, path) =>
      own.includes(path) && backends > 0 ? backends > 1 : known.branching[path] === true,
    );
    const then: Case = { ...known, topology, branching };
    const causes = asTheyAre(allCauses(topology, known.queues), topology, branching, wrong);
    const account = describedSo(then, leading, causes);
    if (account === null) return [];
    const rivals = causes.filter((cause) => !isSame(usual.get(cause.label), cause, own));
    return leading.shares.flatMap((share, of) =>
      rivals.flatMap((hypothesis) => {
        if (leading.shares.some((other) => other.hypothesis.label === hypothesis.label)) return [];
        if (!holdsAnyOf(then, share.incidents, hypothesis)) return [];
        const other = withOther(then, account, of, hypothesis);
        const prior = leading.shares.length === 1 ? Math.log(hypothesis.prior / leading.prior) : 0;
        const ifWrong = leading.probability * fit * Math.exp(other.score - leading.score + prior);
        return [{ description, hypothesis, ifWrong, probability: (ifWrong * WRONG) / (1 - WRONG) }];
      }),
    );
  });
}

/**
 * Nobody is accused where it is likelier that an entry of the hosts file is wrong than that the cause is the one.
 *
 * @param rivals to what the judgement names
 */
export function reconsidered(judgement: Judgement, rivals: readonly Rival[]): Judgement {
  if (judgement.says !== 'cause') return judgement;
  const { leading, alike } = judgement;
  const elsewhere = rivals.reduce((sum, { probability }) => sum + probability, 0);
  const probability = judgement.probability / (1 + elsewhere);
  return elsewhere < judgement.probability
    ? judgement
    : { says: 'inconclusive', leading, alike, probability, why: 'hosts-file' };
}

/**
 * Whether a cause could come near a named one if some paths were others: what it loses on them now is the most that it
 * gains then. A cause that only they would cross holds nothing as long as they do not.
 */
function matteringPaths(
  known: Case,
  hypotheses: readonly Hypothesis[],
  leading: WeighedAccount,
): (own: readonly number[]) => boolean {
  const rivals = leading.shares.flatMap(({ hypothesis, incidents, score }) => {
    const own = ownIncidents(known, incidents);
    const others = hypotheses.filter(({ cause, label }) => cause !== 'unknown' && label !== hypothesis.label);
    const nothing = known.topology.paths.map((_, path) => own.score(path, 'none'));
    return [
      { behind: score - nothing.reduce((sum, one) => sum + one, 0), byPath: nothing },
      ...others.map((other) => {
        const share = scoreShare(known, other, incidents);
        return { behind: score - share.score, byPath: share.byPath };
      }),
    ];
  });
  return (own) =>
    rivals.some(
      ({ behind, byPath }) => own.reduce((sum, path) => sum + (byPath[path] as number), behind) <= OF_NO_ACCOUNT,
    );
}

/** The account with the same causes where the hosts file says the other; null where one of them is not possible then. */
function describedSo(then: Case, leading: Account, causes: readonly Hypothesis[]): Account | null {
  let { score } = leading;
  const shares = leading.shares.map((share) => {
    const hypothesis = causes.find(({ label }) => label === share.hypothesis.label);
    if (hypothesis === undefined) return share;
    const other = scoreShare(then, hypothesis, share.incidents);
    score += other.score - share.score;
    return other;
  });
  return { ...leading, shares, score };
}

/** Whether a cause does the same to these paths whatever the hosts file says of them. */
function isSame(usual: Hypothesis | undefined, then: Hypothesis, paths: readonly number[]): boolean {
  return (
    usual !== undefined &&
    usual.variants.length === then.variants.length &&
    usual.variants.every(({ share, reach }, i) => {
      const other = then.variants[i];
      return other?.share === share && paths.every((path) => reach[path] === other.reach[path]);
    })
  );
}

/** Whether it can have made most of them. */
function holdsAnyOf({ scores }: Case, incidents: readonly number[], hypothesis: Hypothesis): boolean {
  const notOf = incidents.filter((incident) => scores[incident]?.isNotOf(hypothesis) !== false).length;
  return 2 * notOf < incidents.length;
}
