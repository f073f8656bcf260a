import { CAUSES } from '../../model/cause.js';
import { SECOND } from '../../model/time.js';
import type { Verdict } from '../../model/verdict.js';
import { allCauses } from '../causes/all-causes.js';
import { type Hypothesis, type Reach, usualReach, type Variant } from '../causes/hypothesis.js';
import { topologyOf } from '../paths/topology.js';
import { causeName } from '../weigh/account-name.js';
import { type RateRange, scoreRate } from '../weigh/background.js';
import { judgePosterior } from '../weigh/judgement.js';
import { logSum } from '../weigh/log-math.js';
import type { Posterior } from '../weigh/posterior.js';
import { HEALTHY, QUEUES } from '../weigh/priors.js';
import type { Share } from '../weigh/share.js';
import { surenessOf } from '../weigh/sureness.js';
import type { Account } from '../weigh/weigh.js';
import { accountLabel, equalCauses, placeOf, posteriorByCause, priorsOf } from '../words/account-words.js';
import { doubted } from '../words/ruled-out.js';
import { meaningOf } from '../words/tell-apart.js';
import { countSeries, type SequentialScore, type SequentialSeries, type SeriesCount } from './sequential-series.js';
import { becauseOf, clearedBeside, seriesEvidence } from './sequential-words.js';

export type { SequentialSeries } from './sequential-series.js';

/**
 * Stalls a second on paths that cross the stage, and on others. The slowest series of 2019 had two in five minutes; a
 * path without a fault is delayed by more than the threshold a few times an hour.
 */
const FAULT_RATE: RateRange = { least: 1 / 300, most: 3 };
const BACKGROUND_RATE: RateRange = { least: 1 / 10_000, most: 1 / 300 };
/** A chance delay that looks like a stall, several probes released together. */
const CHANCE_STALL = 0.1;
/** A follower that a pipe would have held and that was quick all the same. */
const FOLLOWER_MISSED = 0.02;
/** A series is not what it is taken for: another machine answered, another minute had another cause. */
const SERIES_WRONG = 0.02;
/** Without a pipe on the way a follower is above the threshold or not as it likes. */
const FOLLOWER_BY_CHANCE = 0.5;

/**
 * A verdict from paths measured one after the other, as in 2019. What coincides is not known, so the likelihood is that
 * of the number of stalls in the time watched: at a fault's rate on paths that cross the stage, at the background's on
 * the others. Within a series the shape says more: behind a pipe a probe that waited for E is followed by
 * (E - threshold) / interval further ones above the threshold; behind one of K queues each follower from another source
 * port waits with chance 1/K only, while those hashed by addresses follow without a gap.
 */
export function judgeSequential(all: readonly SequentialSeries[]): Verdict {
  const topology = topologyOf(all.map(({ path }) => path));
  const counts = all.map(countSeries);
  const hypotheses = allCauses(topology);
  const scored = hypotheses.map((hypothesis) => ({ hypothesis, ...scoreHypothesis(hypothesis, counts) }));
  const nothing = counts.map(scorePassing);
  const accounts = [
    accountOf([], sum(nothing), sum(nothing), HEALTHY),
    ...scored.map(({ hypothesis, total, bestScore }) =>
      accountOf([shareOf(hypothesis, total, bestScore, counts)], total, bestScore, hypothesis.prior),
    ),
  ];
  const logs = accounts.map(({ score, prior }) => score + Math.log(prior));
  const evidence = logSum(logs);
  const posterior = accounts
    .map((account, i) => ({ ...account, probability: Math.exp((logs[i] as number) - evidence) }))
    .sort((a, b) => b.probability - a.probability);
  return verdictOf(counts, posterior, scored, hypotheses);
}

function accountOf(shares: readonly Share[], score: number, bestScore: number, prior: number): Account {
  return { shares, background: [], score, bestScore, prior, quiet: false };
}

/** All that was seen on series that cross the stage counts as the hypothesis's own. */
function shareOf(hypothesis: Hypothesis, score: number, bestScore: number, counts: readonly SeriesCount[]): Share {
  const reach = usualReach(hypothesis);
  const own = counts.flatMap(({ events }, i) => (reach[i] === 'none' ? [] : new Array<number>(events).fill(i)));
  const none = {
    byAddresses: null,
    parting: 0,
    byPath: [],
    order: 0,
    kinds: 0,
    parts: 0,
    arrivals: 0,
    cpus: 0,
    account: 0,
    queues: null,
    moving: false,
  };
  return { hypothesis, incidents: own, score, bestScore, variant: hypothesis.variants[0] as Variant, ...none };
}

function scoreHypothesis(
  { variants }: Hypothesis,
  counts: readonly SeriesCount[],
): Omit<SequentialScore, 'hypothesis'> {
  const options = variants.flatMap((variant) =>
    QUEUES.map(([queues, share]) => {
      const bySeries = counts.map((count, i) => scoreSeries(count, reachOf(variant, i), queues));
      const fit = sum(bySeries);
      return { bySeries, fit, total: Math.log(variant.share * share) + fit };
    }),
  );
  const best = options.reduce((a, b) => (b.total > a.total ? b : a));
  const bestScore = Math.max(...options.map(({ fit }) => fit));
  return { total: logSum(options.map(({ total }) => total)), bestScore, bySeries: best.bySeries };
}

function reachOf(variant: Variant, path: number): Reach {
  return variant.reach[path] ?? 'none';
}

function scoreSeries(count: SeriesCount, reach: Reach, queues: number): number {
  const { events, seconds, followersExpected, followersSeen, series } = count;
  const missing = followersExpected - followersSeen;
  const followers = (rate: number): number => followersSeen * Math.log(rate) + missing * Math.log1p(-rate);
  const crossing = scoreRate(events, seconds, FAULT_RATE);
  const passing = scorePassing(count);
  const whole = crossing + followers(1 - FOLLOWER_MISSED);
  const doubt = (score: number): number =>
    logSum([Math.log1p(-SERIES_WRONG) + score, Math.log(SERIES_WRONG) + passing]);
  if (reach === 'none') {
    return doubt(passing);
  }
  if (reach === 'new' && !series.freshPorts) {
    return doubt(passing);
  }
  if (reach !== 'by-flow' && reach !== 'drawn') {
    return doubt(whole);
  }
  if (series.freshPorts) {
    const rate = Math.min(1 - FOLLOWER_MISSED, Math.max(FOLLOWER_MISSED, 1 / queues));
    return doubt(crossing + followers(rate));
  }
  return doubt(logSum([-Math.log(queues) + whole, Math.log(1 - 1 / queues) + passing]));
}

/** Nothing on the way holds packets for long: what delays there are come by chance. */
function scorePassing({ events, stalls, seconds, followersExpected }: SeriesCount): number {
  return (
    scoreRate(events, seconds, BACKGROUND_RATE) +
    stalls * Math.log(CHANCE_STALL) +
    followersExpected * Math.log(FOLLOWER_BY_CHANCE)
  );
}

function verdictOf(
  counts: readonly SeriesCount[],
  posterior: Posterior,
  scored: readonly SequentialScore[],
  hypotheses: readonly Hypothesis[],
): Verdict {
  const judgement = judgePosterior(posterior);
  const leading = judgement.says === 'healthy' ? null : judgement.leading;
  const named = judgement.says === 'cause' ? judgement.leading : null;
  const equal = judgement.says === 'healthy' ? [] : equalCauses(judgement);
  return {
    type: 'verdict',
    cause: named === null ? judgement.says : causeName(named),
    where: named === null ? null : placeOf(named),
    kind: 'stall',
    ...(judgement.says === 'inconclusive' ? { reason: reasonOf(judgement, counts) } : {}),
    ...(named === null ? {} : { meaning: meaningOf(named.shares.map(({ hypothesis }) => hypothesis)) }),
    ...surenessOf(judgement),
    posterior: posteriorByCause(posterior),
    priors: priorsOf(hypotheses),
    incidents: counts.reduce((total, { events }) => total + events, 0),
    evidence: counts.map(seriesEvidence),
    ...(named === null || leading === null ? { ruledOut: [], lessLikely: [] } : doubts(counts, leading, scored, equal)),
    indistinguishable: equal,
    next:
      named === null
        ? ['measure all paths at the same time (bisect): what coincides tells stages apart']
        : [`measure all paths at the same time (bisect), and rxray trace on ${[placeOf(named)].flat().join(', ')}`],
    terms: [],
    noStallLongerThanNs: null,
    quality: {
      durationNs: Math.round(counts.reduce((total, { seconds }) => total + seconds, 0) * SECOND),
      selfInflicted: counts.reduce(
        (total, { series }) => total + series.findings.filter(({ selfInflicted }) => selfInflicted).length,
        0,
      ),
      excludedPaths: [],
      clockUncertaintyNs: 0,
      notes: [
        'the paths were measured one after the other: nothing is known of what coincided',
        ...(hypotheses.length === 0 ? ['no path crosses a stage'] : []),
      ],
    },
  };
}

function doubts(
  counts: readonly SeriesCount[],
  leading: Account,
  scored: readonly SequentialScore[],
  equal: readonly string[],
): Pick<Verdict, 'ruledOut' | 'lessLikely'> {
  const [share] = leading.shares;
  const lead = scored.find(({ hypothesis }) => hypothesis === share?.hypothesis);
  if (share === undefined || lead === undefined) return { ruledOut: [], lessLikely: [] };
  const told = CAUSES.flatMap((cause) => {
    const places = scored.filter(({ hypothesis }) => hypothesis.cause === cause && hypothesis !== share.hypothesis);
    const best = places.sort((a, b) => b.bestScore - a.bestScore)[0];
    if (best === undefined) return [];
    const terms = [{ words: becauseOf(counts, lead, best), weight: 1, refutes: true }];
    return [{ other: best.hypothesis, terms, weight: lead.bestScore - best.bestScore }];
  });
  const { ruledOut, lessLikely } = doubted(leading, told, equal);
  return { ruledOut: [...ruledOut, ...clearedBeside(counts, share.hypothesis.machines[0] ?? '')], lessLikely };
}

function reasonOf(
  judgement: Extract<ReturnType<typeof judgePosterior>, { says: 'inconclusive' }>,
  counts: readonly SeriesCount[],
): string {
  const events = counts.reduce((total, { events: own }) => total + own, 0);
  switch (judgement.why) {
    case 'no-incident-yet':
      return 'nothing was held';
    case 'few-incidents':
      return `${events} stalls: too few to accuse anyone; ${accountLabel(judgement.leading)} leads`;
    default:
      return `${judgement.alike.map(accountLabel).join(', ')} explain these series about as well`;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
