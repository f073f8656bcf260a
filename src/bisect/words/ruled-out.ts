import { CAUSES, type Cause } from '../../model/cause.js';
import type { Doubted } from '../../model/verdict.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import type { Case } from '../weigh/case.js';
import { EQUAL_STANDING } from '../weigh/judgement.js';
import type { Posterior } from '../weigh/posterior.js';
import type { Account } from '../weigh/weigh.js';
import { compare, type WeighedTerm } from './term-words.js';

/** A cause is ruled out when the data fit it so many times less well, whatever the priors are. */
const RULED_OUT = Math.log(100);
/** Odds above this are no measurement any more. */
const MOST_FACTOR = 1e6;

/** A cause beside the leading account, at its likeliest place, with all that speaks for and against it. */
export interface Alternative {
  readonly other: Hypothesis;
  readonly terms: readonly WeighedTerm[];
  /** log of how many times better the data fit the leading account. */
  readonly weight: number;
}

/** The likeliest place of each cause that the leading account does not have. */
export function alternatives(
  known: Case,
  hypotheses: readonly Hypothesis[],
  posterior: Posterior,
  leading: Account,
): Alternative[] {
  const own = new Set(leading.shares.map(({ hypothesis }) => hypothesis));
  const scores = new Map<Hypothesis, number>();
  for (const { shares, bestScore } of posterior) {
    if (shares.length !== leading.shares.length) continue;
    for (const { hypothesis } of shares) {
      scores.set(hypothesis, Math.max(scores.get(hypothesis) ?? Number.NEGATIVE_INFINITY, bestScore));
    }
  }
  const scoreOf = (hypothesis: Hypothesis): number => scores.get(hypothesis) ?? Number.NEGATIVE_INFINITY;
  return CAUSES.flatMap((cause) => {
    const places = hypotheses.filter((hypothesis) => hypothesis.cause === cause && !own.has(hypothesis));
    const other = places.sort((a, b) => scoreOf(b) - scoreOf(a))[0];
    if (other === undefined) return [];
    return [{ other, terms: compare(known, leading, other), weight: leading.bestScore - scoreOf(other) }];
  });
}

/** Causes that the leading account does not have and that do not equal it: ruled out, or only less likely. */
export function doubted(
  leading: Account,
  told: readonly Alternative[],
  equal: readonly string[],
): { readonly ruledOut: Doubted[]; readonly lessLikely: Doubted[] } {
  const named = new Set<Cause | 'unknown'>(leading.shares.map(({ hypothesis }) => hypothesis.cause));
  const rest = told.filter(({ other }) => !named.has(other.cause) && !equal.includes(other.cause));
  const say = ({ other, terms, weight }: Alternative): Doubted => ({
    cause: other.cause,
    because:
      (speaking(terms).find(({ refutes }) => refutes) ?? speaking(terms)[0])?.words ??
      'nothing that was seen speaks for it',
    factor: Number(Math.min(MOST_FACTOR, Math.exp(Math.min(weight, 60))).toPrecision(3)),
  });
  return {
    ruledOut: rest.filter(({ weight }) => weight >= RULED_OUT).map(say),
    lessLikely: rest.filter(({ weight }) => weight < RULED_OUT && weight > -EQUAL_STANDING).map(say),
  };
}

function speaking(terms: readonly WeighedTerm[]): WeighedTerm[] {
  return terms.filter(({ weight }) => weight > 0);
}
