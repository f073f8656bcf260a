import { SECOND } from '../../model/time.js';
import { CAUSES, type Verdict } from '../../model/verdict.js';
import { allCauses } from '../causes/all-causes.js';
import type { Hypothesis, Reach, Variant } from '../causes/hypothesis.js';
import { topologyOf } from '../paths/topology.js';
import { type RateRange, scoreRate } from '../weigh/background.js';
import { logSum } from '../weigh/log-math.js';
import { HEALTHY, PAIRS, QUEUES, UNKNOWN } from '../weigh/priors.js';
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
const CONVICTING = 0.9;
const EQUAL_STANDING = Math.log(20);
const RULED_OUT = 0.01;

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
  const healthy = Math.log(HEALTHY) + sum(nothing);
  const logs = scored.map(({ hypothesis, total }) => Math.log(hypothesis.prior) + total);
  const evidence = logSum([healthy, ...logs]);
  const ranked: SequentialScore[] = scored
    .map((score, i) => ({ ...score, probability: Math.exp((logs[i] as number) - evidence) }))
    .sort((a, b) => b.probability - a.probability);
  return verdictOf(counts, ranked, Math.exp(healthy - evidence), hypotheses);
}

function scoreHypothesis(
  { variants }: Hypothesis,
  counts: readonly SeriesCount[],
): { readonly total: number; readonly bySeries: readonly number[] } {
  const options = variants.flatMap((variant) =>
    QUEUES.map(([queues, share]) => {
      const bySeries = counts.map((count, i) => scoreSeries(count, reachOf(variant, i), queues));
      return { bySeries, total: Math.log(variant.share * share) + sum(bySeries) };
    }),
  );
  const best = options.reduce((a, b) => (b.total > a.total ? b : a));
  return { total: logSum(options.map(({ total }) => total)), bySeries: best.bySeries };
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
  if (reach !== 'by-flow') {
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
    scoreRate(events, seconds, BACKGROUND_RATE) + stalls * Math.log(CHANCE_STALL) + followersExpected * Math.log(0.5)
  );
}

function verdictOf(
  counts: readonly SeriesCount[],
  ranked: readonly SequentialScore[],
  healthy: number,
  hypotheses: readonly Hypothesis[],
): Verdict {
  const leading = ranked[0] as SequentialScore;
  const alike = ranked.filter(
    ({ total, probability }) => total >= leading.total - EQUAL_STANDING && probability > 0.002,
  );
  const common = alike.reduce<readonly string[]>(
    (machines, { hypothesis }) => machines.filter((machine) => hypothesis.machines.includes(machine)),
    leading.hypothesis.machines,
  );
  const probability = alike.reduce((total, one) => total + one.probability, 0);
  const named = probability >= CONVICTING && common.length > 0;
  const calm = healthy >= CONVICTING;
  const { machines, cause } = leading.hypothesis;
  const others = new Set(alike.map(({ hypothesis }) => hypothesis.cause).filter((other) => other !== cause));
  const byCause = (of: (one: SequentialScore) => number): Record<string, number> =>
    Object.fromEntries(
      CAUSES.map((name) => [name, sum(ranked.filter((one) => one.hypothesis.cause === name).map(of))] as const)
        .filter(([, value]) => value >= 0.001)
        .map(([name, value]) => [name, Math.round(value * 1e6) / 1e6]),
    );
  return {
    type: 'verdict',
    cause: named ? cause : calm ? 'healthy' : 'inconclusive',
    where: named ? (machines.length === 1 ? (machines[0] as string) : [...machines]) : null,
    kind: 'stall',
    ...(named || calm
      ? {}
      : { reason: `${alike.map(({ hypothesis }) => hypothesis.label).join(', ')} explain these series about as well` }),
    probability: Math.round(Math.min(1, named || !calm ? probability : healthy) * 1e6) / 1e6,
    posterior: { ...(healthy >= 0.001 ? { healthy } : {}), ...byCause(({ probability: own }) => own) },
    priors: {
      healthy: HEALTHY,
      ...byCause(({ hypothesis }) => hypothesis.prior),
      'two causes': PAIRS,
      unknown: UNKNOWN,
    },
    incidents: counts.reduce((total, { events }) => total + events, 0),
    evidence: counts.map(seriesEvidence),
    ruledOut: named
      ? [
          ...CAUSES.flatMap((name) => {
            const best = ranked.find(({ hypothesis }) => hypothesis.cause === name);
            const share = sum(ranked.filter((one) => one.hypothesis.cause === name).map((one) => one.probability));
            return best === undefined || name === cause || others.has(name) || share >= RULED_OUT
              ? []
              : [{ cause: name, because: becauseOf(counts, leading, best) }];
          }),
          ...clearedBeside(counts, machines[0] ?? ''),
        ]
      : [],
    indistinguishable: named
      ? [...others].sort()
      : [...new Set(alike.map(({ hypothesis }) => hypothesis.cause))].sort(),
    next: named
      ? [`measure all paths at the same time (bisect), and rxray trace on ${machines.join(', ')}`]
      : ['measure all paths at the same time (bisect): what coincides tells stages apart'],
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
