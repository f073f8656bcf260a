import type { Hypothesis } from '../causes/hypothesis.js';
import type { Posterior, WeighedAccount } from './posterior.js';
import type { Account } from './weigh.js';

/** Accounts whose likelihoods differ by less are of equal standing: only a prior would tell them apart. */
export const EQUAL_STANDING = Math.log(20);
/** The same of what parts flows without a rule that can be seen: what a pod that is drawn does, and a queue that changes. */
const DRAWN_STANDING = Math.log(1e6);
/** An account of equal standing that is less probable than this is not mentioned. */
const NEGLIGIBLE = 0.01;
const NEGLIGIBLE_UNKNOWN = 0.05;
/** A verdict names a cause from this probability on. */
export const CONVICTING = 0.9;
/** Incidents without which no single cause, and neither of two, is named. */
export const LEAST_INCIDENTS = 3;
export const LEAST_INCIDENTS_OF_TWO = 3;

/** What the posterior comes to. */
export type Judgement =
  | { readonly says: 'healthy'; readonly probability: number }
  | {
      readonly says: 'cause';
      readonly leading: WeighedAccount;
      /**
       * The leading account and those of equal standing, all about the same machine; of a queue that is full also those
       * that add to it that its process stands still.
       */
      readonly alike: readonly WeighedAccount[];
      /** Of all of them together: that it is one of these. */
      readonly probability: number;
      /** Incidents that it does not explain, too few for a second cause; absent where there are none. */
      readonly unexplained?: number;
    }
  | {
      readonly says: 'inconclusive';
      readonly leading: WeighedAccount | null;
      readonly alike: readonly WeighedAccount[];
      readonly probability: number;
      readonly why:
        | 'no-incident-yet'
        | 'requests-fail'
        | 'few-incidents'
        | 'alike'
        | 'unknown'
        | 'divided'
        | 'hosts-file';
    };

/**
 * Accounts of equal standing that blame the same machine count together, and the verdict lists them; where they blame
 * different machines nobody is accused, however likely one of them is beforehand.
 */
export function judgePosterior(posterior: Posterior): Judgement {
  const unexplained = scarce(posterior[0]);
  if (unexplained === null) return judged(posterior);
  const alone = judged(withoutScarce(posterior));
  return alone.says === 'cause' && alone.leading.shares.length === 1 ? { ...alone, unexplained } : judged(posterior);
}

/** Nothing waits, but what is asked for does not work: that is not healthy. @param failing paths on which most fail */
export function unlessFailing(judgement: Judgement, failing: number): Judgement {
  const quiet =
    judgement.says === 'healthy' || (judgement.says === 'inconclusive' && judgement.why === 'no-incident-yet');
  if (failing === 0 || !quiet) return judgement;
  return { says: 'inconclusive', leading: null, alike: [], probability: judgement.probability, why: 'requests-fail' };
}

/** Incidents of one of two causes where they are too few to name it and those of the other are not; else null. */
function scarce(account: WeighedAccount | undefined): number | null {
  const counts = (account?.shares ?? []).map(({ incidents }) => incidents.length).sort((a, b) => a - b);
  const [few, many] = counts;
  return few !== undefined && many !== undefined && few < LEAST_INCIDENTS_OF_TWO && many >= LEAST_INCIDENTS
    ? few
    : null;
}

/** Each pair of which one cause has too few incidents to be named counts for the other one alone. */
function withoutScarce(posterior: Posterior): Posterior {
  const byCause = new Map<string, WeighedAccount>();
  for (const account of posterior) {
    const shares =
      scarce(account) === null
        ? account.shares
        : account.shares.filter(({ incidents }) => incidents.length >= LEAST_INCIDENTS_OF_TWO);
    const key = `${account.quiet} ${shares.map(({ hypothesis }) => hypothesis.label).join(' ')}`;
    const known = byCause.get(key);
    byCause.set(key, {
      ...(known ?? { ...account, shares }),
      bestScore: Math.max(account.bestScore, known?.bestScore ?? Number.NEGATIVE_INFINITY),
      probability: account.probability + (known?.probability ?? 0),
    });
  }
  return [...byCause.values()].sort((a, b) => b.probability - a.probability);
}

function judged(posterior: Posterior): Judgement {
  const leading = posterior[0];
  if (leading === undefined) {
    return { says: 'inconclusive', leading: null, alike: [], probability: 0, why: 'no-incident-yet' };
  }
  if (leading.shares.length === 0) {
    const { probability } = leading;
    return !leading.quiet && probability >= CONVICTING
      ? { says: 'healthy', probability }
      : { says: 'inconclusive', leading: null, alike: [], probability, why: 'no-incident-yet' };
  }
  const alike = posterior.filter(
    (account) =>
      account === leading ||
      (account.shares.length === leading.shares.length &&
        account.bestScore >= leading.bestScore - EQUAL_STANDING &&
        account.probability >= (isUnknown(account) ? NEGLIGIBLE_UNKNOWN : NEGLIGIBLE)) ||
      looksDrawn(leading, account),
  );
  const probability = sumOf(alike);
  const inconclusive = (why: 'few-incidents' | 'alike' | 'unknown' | 'divided'): Judgement => ({
    says: 'inconclusive',
    leading,
    alike,
    probability,
    why,
  });
  if (isUnknown(leading)) {
    return inconclusive('unknown');
  }
  const least = leading.shares.length === 1 ? LEAST_INCIDENTS : LEAST_INCIDENTS_OF_TWO;
  if (leading.shares.some(({ incidents }) => incidents.length < least)) {
    return inconclusive('few-incidents');
  }
  if (!blameOneMachine(alike)) {
    return inconclusive('alike');
  }
  if (probability >= CONVICTING) return { says: 'cause', leading, alike, probability };
  const further = upToConvicting(posterior, alike);
  if (blameOneMachine(further)) return { says: 'cause', leading, alike: further, probability: sumOf(further) };
  return fullQueue(posterior, leading) ?? inconclusive('divided');
}

/**
 * That a port draws a pod for each connection explains whatever flows wait. A queue that is another one each time parts
 * them as much without a rule, until enough incidents show which flows share one.
 */
function looksDrawn(leading: WeighedAccount, account: WeighedAccount): boolean {
  const [share, second] = leading.shares;
  const [other, further] = account.shares;
  if (share === undefined || other === undefined || second !== undefined || further !== undefined) return false;
  const [machine = ''] = share.hypothesis.machines;
  return (
    share.variant.reach.includes('drawn') &&
    other.moving &&
    other.hypothesis.machines.length === 1 &&
    other.hypothesis.machines.includes(machine) &&
    account.bestScore >= leading.bestScore - DRAWN_STANDING
  );
}

/**
 * Accounts of equal standing, and the likeliest others until all together convict: as long as these blame the same
 * machine it is that one, though the data begin to tell some of them apart. None where they never do.
 */
function upToConvicting(posterior: Posterior, alike: readonly WeighedAccount[]): WeighedAccount[] {
  const [leading] = alike;
  const found = [...alike];
  for (const account of posterior) {
    if (account.probability < NEGLIGIBLE || sumOf(found) >= CONVICTING) break;
    if (!found.includes(account) && account.shares.length === leading?.shares.length) found.push(account);
  }
  return sumOf(found) >= CONVICTING ? found : [];
}

/**
 * A queue at the port that is full for sure, and a process there that may stand still besides: whether the second is
 * more than what the first shows takes long to tell, and changes nothing about the queue.
 */
function fullQueue(posterior: Posterior, leading: WeighedAccount): Judgement | null {
  const queue = leading.shares.find(({ hypothesis }) => hypothesis.cause === 'accept-queue')?.hypothesis;
  if (queue === undefined) return null;
  const [machine = ''] = queue.machines;
  const alike = posterior.filter(
    ({ shares, probability }) =>
      probability >= NEGLIGIBLE &&
      shares.some(({ hypothesis }) => hypothesis === queue) &&
      shares.every(({ hypothesis }) => hypothesis === queue || isOwner(hypothesis, machine)),
  );
  const alone = alike.find(({ shares }) => shares.length === 1);
  const probability = sumOf(alike);
  const enough = (alone?.shares[0]?.incidents.length ?? 0) >= LEAST_INCIDENTS;
  return alone !== undefined && enough && probability >= CONVICTING
    ? { says: 'cause', leading: alone, alike, probability }
    : null;
}

const isOwner = ({ cause, machines }: Hypothesis, machine: string): boolean =>
  (cause === 'server' || cause === 'throttled') && machines.includes(machine);

const sumOf = (accounts: readonly WeighedAccount[]): number =>
  Math.min(
    1,
    accounts.reduce((sum, { probability }) => sum + probability, 0),
  );

function isUnknown({ shares }: Account): boolean {
  return shares.some(({ hypothesis }) => hypothesis.cause === 'unknown');
}

/** Whether each fault of the leading account has a machine that all accounts of equal standing blame for it. */
function blameOneMachine(alike: readonly Account[]): boolean {
  const [leading] = alike;
  if (leading === undefined || alike.some(isUnknown)) {
    return false;
  }
  const common = leading.shares.map(({ hypothesis }) => new Set(hypothesis.machines));
  for (const { shares } of alike) {
    const members = matched(
      leading,
      shares.map(({ hypothesis }) => hypothesis),
    );
    for (const [i, machines] of common.entries()) {
      const others = members[i]?.machines ?? [];
      for (const machine of machines) {
        if (!others.includes(machine)) machines.delete(machine);
      }
    }
  }
  return common.every((machines) => machines.size > 0);
}

/** The causes of another account in the order of those of the leading one that they stand for. */
export function matched(leading: Account, others: readonly Hypothesis[]): readonly Hypothesis[] {
  const own = leading.shares.map(({ hypothesis }) => hypothesis);
  const [first, second] = others;
  if (own.length < 2 || first === undefined || second === undefined) {
    return others;
  }
  const likeness = (a: Hypothesis | undefined, b: Hypothesis): number =>
    a === b ? 3 : (a?.machines.filter((machine) => b.machines.includes(machine)).length ?? 0);
  const straight = likeness(own[0], first) + likeness(own[1], second);
  const crossed = likeness(own[0], second) + likeness(own[1], first);
  return straight >= crossed ? [first, second] : [second, first];
}
