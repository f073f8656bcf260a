import type { Summary } from '../../model/summary.js';
import { CAUSES, type Cause, type Verdict } from '../../model/verdict.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import type { Observation } from '../evidence/observation.js';
import { pathEvidence, times } from '../paths/path-words.js';
import type { Case } from '../weigh/case.js';
import { hiddenBeside } from '../weigh/hidden-beside.js';
import type { Judgement } from '../weigh/judgement.js';
import { CONVICTING } from '../weigh/judgement.js';
import type { Posterior, WeighedAccount } from '../weigh/posterior.js';
import { HEALTHY, PAIRS, UNKNOWN } from '../weigh/priors.js';
import { type Account, weigh } from '../weigh/weigh.js';
import { nextSteps } from './next-steps.js';
import { compare, toTerm } from './term-words.js';

/** Below this nothing is said of a cause in the posterior; below the second it counts as ruled out. */
const SAID = 0.001;
const RULED_OUT = 0.01;
const MOST_TERMS = 40;

export interface VerdictFacts {
  readonly known: Case;
  readonly hypotheses: readonly Hypothesis[];
  readonly posterior: Posterior;
  readonly judgement: Judgement;
  readonly summaries: readonly Summary[];
  readonly quality: Verdict['quality'];
  /** Machines whose kernel was asked who holds packets back. */
  readonly traced?: readonly string[];
}

export function makeVerdict(facts: VerdictFacts): Verdict {
  const { known, hypotheses, posterior, judgement, quality } = facts;
  const leading = judgement.says === 'healthy' ? null : judgement.leading;
  const named = judgement.says === 'cause';
  const told = leading === null ? [] : alternatives(facts, leading);
  return {
    type: 'verdict',
    cause: judgement.says === 'cause' ? causeName(judgement.leading) : judgement.says,
    where: named ? placeOf(judgement.leading) : null,
    ...(leading === null ? {} : { kind: kindOf(known, leading) }),
    ...(judgement.says === 'inconclusive' ? { reason: reasonOf(known, judgement) } : {}),
    probability: round(judgement.probability),
    posterior: byCause(posterior),
    priors: priorsOf(hypotheses),
    incidents: known.incidents.length,
    evidence: known.topology.paths.map((path, index) => pathEvidence(path, index, known.incidents)),
    ruledOut: ruledOut(facts, leading, told),
    indistinguishable:
      judgement.says === 'healthy' ? [] : [...othersOf(judgement), ...hiddenBeside(known, hypotheses, judgement)],
    next: nextSteps(judgement, known.topology, facts.traced ?? []),
    terms: told
      .flatMap(({ other, terms }) => terms.map((term) => toTerm(term, leadName(leading), other.label)))
      .slice(0, MOST_TERMS),
    noStallLongerThanNs: judgement.says === 'healthy' ? longestUnseen(facts) : null,
    quality,
  };
}

export function causeName({ shares }: Account): string {
  return shares
    .map(({ hypothesis }) => hypothesis.cause)
    .sort()
    .join('+');
}

function leadName(leading: Account | null): string {
  return leading === null ? 'healthy' : leading.shares.map(({ hypothesis }) => hypothesis.label).join(' + ');
}

/** One machine is a string, several a list. */
function placeOf({ shares }: Account): string | string[] {
  const machines = [...new Set(shares.flatMap(({ hypothesis }) => hypothesis.machines))].sort();
  return machines.length === 1 ? (machines[0] as string) : machines;
}

function kindOf(known: Case, { shares }: Account): NonNullable<Verdict['kind']> {
  const kinds = shares.flatMap(({ incidents }) => incidents.map((i) => (known.incidents[i] as Observation).kind));
  const counts = new Map<NonNullable<Verdict['kind']>, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'stall';
}

function byCause(posterior: Posterior): Record<string, number> {
  const sums = new Map<string, number>();
  for (const account of posterior) {
    const unknown = account.shares.some(({ hypothesis }) => hypothesis.cause === 'unknown');
    const name =
      account.quiet || unknown ? 'inconclusive' : account.shares.length === 0 ? 'healthy' : causeName(account);
    sums.set(name, (sums.get(name) ?? 0) + account.probability);
  }
  const said = [...sums].filter(([, probability]) => probability >= SAID).sort((a, b) => b[1] - a[1]);
  return Object.fromEntries(said.map(([name, probability]) => [name, round(probability)]));
}

function priorsOf(hypotheses: readonly Hypothesis[]): Record<string, number> {
  const sum = (cause: Cause): number =>
    hypotheses.reduce((total, hypothesis) => total + (hypothesis.cause === cause ? hypothesis.prior : 0), 0);
  const single = CAUSES.map((cause) => [cause, round(sum(cause))] as const).filter(([, prior]) => prior > 0);
  return { healthy: HEALTHY, ...Object.fromEntries(single), 'two causes': PAIRS, unknown: UNKNOWN };
}

/** The likeliest place of each cause that is not the leading account's, with what speaks against it. */
function alternatives(
  { known, hypotheses, posterior }: VerdictFacts,
  leading: Account,
): { other: Hypothesis; terms: ReturnType<typeof compare> }[] {
  const own = new Set(leading.shares.map(({ hypothesis }) => hypothesis));
  return CAUSES.flatMap((cause) => {
    const places = hypotheses.filter((hypothesis) => hypothesis.cause === cause && !own.has(hypothesis));
    const weight = (hypothesis: Hypothesis): number =>
      posterior.find(({ shares }) => shares.length === 1 && shares[0]?.hypothesis === hypothesis)?.score ??
      Number.NEGATIVE_INFINITY;
    const other = places.sort((a, b) => weight(b) - weight(a))[0];
    return other === undefined ? [] : [{ other, terms: compare(known, leading, other) }];
  });
}

function ruledOut(
  { known, posterior, hypotheses }: VerdictFacts,
  leading: Account | null,
  told: ReturnType<typeof alternatives>,
): Verdict['ruledOut'] {
  const probabilityOf = (cause: string): number =>
    posterior.reduce(
      (sum, { shares, probability }) =>
        sum + (shares.some(({ hypothesis }) => hypothesis.cause === cause) ? probability : 0),
      0,
    );
  if (leading === null) {
    return [];
  }
  return told.flatMap(({ other, terms }) => {
    if (
      probabilityOf(other.cause) >= RULED_OUT ||
      leading.shares.some(({ hypothesis }) => hypothesis.cause === other.cause)
    ) {
      return [];
    }
    const strongest = terms.find(({ weight }) => weight > 0);
    const alone = weigh(known, [hypotheses.find((hypothesis) => hypothesis === other) ?? other], other.prior);
    const left = known.incidents.length - (alone?.shares[0]?.incidents.length ?? 0);
    const because = strongest?.words ?? `it leaves ${times(left)} of ${known.incidents.length} unexplained`;
    return [{ cause: other.cause, because }];
  });
}

function othersOf(judgement: Exclude<Judgement, { says: 'healthy' }>): string[] {
  const all = new Set(judgement.alike.flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis.cause)));
  if (judgement.says === 'cause') {
    for (const { hypothesis } of judgement.leading.shares) all.delete(hypothesis.cause);
    return [...all].sort();
  }
  return judgement.alike.length > 1 ? [...all].sort() : [];
}

function reasonOf(known: Case, judgement: Extract<Judgement, { says: 'inconclusive' }>): string {
  const count = known.incidents.length;
  const labels = (accounts: readonly WeighedAccount[]): string =>
    accounts.map((account) => leadName(account)).join(', ');
  switch (judgement.why) {
    case 'no-incident-yet':
      return count === 0
        ? `nothing was held in ${Math.round(known.seconds)} s, which is too short to call it healthy`
        : `${times(count)} in ${Math.round(known.seconds)} s, without a pattern`;
    case 'few-incidents':
      return `${times(count)} so far: too few to accuse anyone; ${labels(judgement.alike.slice(0, 1))} leads`;
    case 'alike':
      return `from the paths measured, ${labels(judgement.alike)} look the same`;
    case 'unknown':
      return `${labels(judgement.alike.slice(0, 1))}: one path alone is hit, against all that its stages would explain`;
    case 'divided':
      return `the likeliest, ${labels(judgement.alike.slice(0, 1))}, has a probability of ${round(judgement.probability)}, below ${CONVICTING}`;
  }
}

/** A stall longer than this would have been seen on every path that was watched. */
function longestUnseen({ summaries, quality }: VerdictFacts): number | null {
  const excluded = new Set(quality.excludedPaths.map(({ path }) => path));
  const seen = summaries.filter(({ path, received }) => !excluded.has(path) && received > 0);
  return seen.length === 0 ? null : Math.max(...seen.map(({ detectableStallNs }) => detectableStallNs));
}

function round(value: number): number {
  return Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));
}
