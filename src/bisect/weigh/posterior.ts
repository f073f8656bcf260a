import { allCauses } from '../causes/all-causes.js';
import { type Hypothesis, STALLING } from '../causes/hypothesis.js';
import type { QueueCounts } from '../causes/knowledge.js';
import type { Topology } from '../paths/topology.js';
import { FAULT_RATE, scoreRate } from './background.js';
import type { Case } from './case.js';
import { type CauseView, causeView } from './cause-view.js';
import { logSum } from './log-math.js';
import { HEALTHY, PAIRS, UNKNOWN } from './priors.js';
import type { Share } from './share.js';
import { type Account, weigh, weighNothing, weighThese, withAllThatItMayHold, withOther } from './weigh.js';

/** Single causes that are tried in pairs: the best ones, and those that explain some incident best. */
const PAIRED = 9;
/** A pair that fits so much less well than a single cause is out of the question, and what stands beside it. */
const HOPELESS = 30;
/** Share of the incidents of a cause that another one at its machine may not have made, to be weighed for them all. */
const MOST_NOT_OF = 0.1;
/** How often what stands beside the best pair is looked at anew. */
const ROUNDS = 3;

export interface WeighedAccount extends Account {
  readonly probability: number;
}

/** All accounts, the likeliest first; their probabilities add up to 1. */
export type Posterior = readonly WeighedAccount[];

/** The causes that can be at work, made once for a set of paths. @param queues of machines that said how many they have */
export function hypothesesOf(topology: Topology, queues: QueueCounts): Hypothesis[] {
  return [...allCauses(topology, queues), ...topology.paths.map((_, path) => unknownOn(topology, path))];
}

export function posteriorOf(known: Case, hypotheses: readonly Hypothesis[]): Posterior {
  const dealt = hypotheses.flatMap((hypothesis) => weigh(known, [hypothesis], hypothesis.prior) ?? []);
  const most = Math.max(...dealt.map(logOf)) - HOPELESS;
  const alone = dealt.map((account) => (logOf(account) < most ? account : withAllThatItMayHold(known, account)));
  let singles = withSiblings(known, alone, hypotheses);
  const candidates = candidatesForPairs(known, singles);
  const priorOfPair = PAIRS / Math.max(1, (hypotheses.length * (hypotheses.length - 1)) / 2);
  const turns: Account[] = [];
  const tryPair = (first: Hypothesis, second: Hypothesis): Account[] => {
    if (first === second) return [];
    const pair = weigh(known, [first, second], priorOfPair);
    if (pair === null) return [];
    if (!areTurnsOfOne(pair)) return [pair];
    turns.push(pair);
    return pairOfWholes(known, first, second, priorOfPair);
  };
  let pairs = candidates.flatMap((first, i) => candidates.slice(i + 1).flatMap((second) => tryPair(first, second)));
  const inPlaceOf = (pair: Account, of: number, other: Hypothesis): Account[] => {
    const account = withOther(known, pair, of, other);
    if (!areTurnsOfOne(account)) return [account];
    turns.push(account);
    return [];
  };
  const single = Math.max(...singles.map(logOf));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = bestOf(pairs);
    if (before === null || logOf(before) < single - HOPELESS) break;
    pairs = bestOfEach([...pairs, ...besideBest(known, before, pairs, hypotheses, { tryPair, inPlaceOf })]);
    // What is beside another best is not known yet.
    if (bestOf(pairs) === before) break;
  }
  singles = bestOfEach([...singles, ...turns.flatMap((pair) => asOne(known, pair))]);
  const accounts = [weighNothing(known, HEALTHY), ...singles, ...pairs, quietFault(known, hypotheses, singles)];
  const logs = accounts.map(logOf);
  const total = logSum(logs);
  return accounts
    .map((account, i) => ({ ...account, probability: Math.exp((logs[i] as number) - total) }))
    .sort((a, b) => b.probability - a.probability);
}

/** A fault may be there and not have shown yet: the longer nothing comes, the less so. */
function quietFault(known: Case, hypotheses: readonly Hypothesis[], singles: readonly Account[]): Account {
  const shown = new Set(singles.map(({ shares }) => shares[0]?.hypothesis));
  const prior = hypotheses.reduce((sum, hypothesis) => sum + (shown.has(hypothesis) ? 0 : hypothesis.prior), 0);
  const nothing = weighNothing(known, Math.max(prior, 1e-12));
  const score = nothing.score + scoreRate(0, known.seconds, FAULT_RATE);
  return { ...nothing, score, bestScore: score, quiet: true };
}

/**
 * Two causes that hold by flow where one is enough: queues of one machine that take turns, or changing queues, of which
 * two machines together can explain whatever pattern comes.
 */
function areTurnsOfOne({ shares }: Account): boolean {
  const [first, second] = shares;
  if (first === undefined || second === undefined || first.queues === null || second.queues === null) {
    return false;
  }
  const sameMachine = first.hypothesis.machines.some((machine) => second.hypothesis.machines.includes(machine));
  return sameMachine || first.moving || second.moving;
}

/** Either of two that are turns of one, alone with what both claim: its queues take turns, or others each time. */
function asOne(known: Case, { shares, background }: Account): Account[] {
  const incidents = shares.flatMap((share) => share.incidents).sort((a, b) => a - b);
  return shares.map(({ hypothesis }) => weighThese(known, hypothesis, incidents, background));
}

/** The same two, where one or both hold all that comes: which they may, though flows fit a little better. */
function pairOfWholes(known: Case, first: Hypothesis, second: Hypothesis, prior: number): Account[] {
  const [firstWhole, secondWhole] = [first, second].map(wholeOf) as [Hypothesis | null, Hypothesis | null];
  const accounts = [
    [firstWhole, second],
    [first, secondWhole],
    [firstWhole, secondWhole],
  ].flatMap(([one, other]) => (one && other ? (weigh(known, [one, other], prior) ?? []) : []));
  const best = accounts
    .filter((account) => !areTurnsOfOne(account))
    .reduce<Account | null>((a, b) => (a === null || b.score > a.score ? b : a), null);
  if (best === null) return [];
  const shares = best.shares.map((share, i) => ({ ...share, hypothesis: i === 0 ? first : second }));
  return [{ ...best, shares }];
}

const wholes = new WeakMap<Hypothesis, Hypothesis | null>();

/** A cause in those of its ways that hold nothing by flow; null where it has none. */
function wholeOf(hypothesis: Hypothesis): Hypothesis | null {
  let whole = wholes.get(hypothesis);
  if (whole === undefined) {
    const variants = hypothesis.variants.filter(({ reach }) => !reach.includes('by-flow'));
    whole = variants.length === 0 ? null : { ...hypothesis, variants };
    wholes.set(hypothesis, whole);
  }
  return whole;
}

/**
 * The other causes at the machine of the best one, for the incidents that it claims: of those that each claims by itself
 * one may be an odd one, which would tell them apart by chance.
 */
function withSiblings(known: Case, singles: readonly Account[], hypotheses: readonly Hypothesis[]): Account[] {
  let accounts = [...singles];
  for (let round = 0; round < ROUNDS; round += 1) {
    const best = bestOf(accounts);
    const [share] = best?.shares ?? [];
    if (best === null || share === undefined) break;
    const others = hypotheses.filter((other) => other.cause !== 'unknown' && isBeside(known, other, share));
    const beside = others.map((other) => ({ ...withOther(known, best, 0, other), prior: other.prior }));
    accounts = bestOfEach([...accounts, ...beside]);
    if (bestOf(accounts) === best) break;
  }
  return accounts;
}

interface PairMakers {
  readonly tryPair: (first: Hypothesis, second: Hypothesis) => Account[];
  readonly inPlaceOf: (pair: Account, of: number, other: Hypothesis) => Account[];
}

/**
 * The best pair with either cause replaced by any other, for what it claims itself or for what the replaced one claims:
 * one that explains as much must not go unseen.
 */
function besideBest(
  known: Case,
  best: Account,
  pairs: readonly Account[],
  hypotheses: readonly Hypothesis[],
  { tryPair, inPlaceOf }: PairMakers,
): Account[] {
  const tried = new Set(pairs.map(keyOf));
  const [first, second] = best.shares.map(({ hypothesis }) => hypothesis) as [Hypothesis, Hypothesis];
  return hypotheses.flatMap((other) =>
    [first, second].flatMap((kept, i) => {
      if (other.cause === 'unknown' || other === kept) return [];
      const inPlace = isBeside(known, other, best.shares[1 - i] as Share) ? inPlaceOf(best, 1 - i, other) : [];
      const key = labelsOf([kept, other]);
      if (tried.has(key)) return inPlace;
      tried.add(key);
      return [...tryPair(kept, other), ...inPlace];
    }),
  );
}

/** Log of the unnormalized probability. */
const logOf = ({ score, prior }: Account): number => score + Math.log(prior);

function bestOf(pairs: readonly Account[]): Account | null {
  return pairs.reduce<Account | null>((a, b) => (a === null || b.score > a.score ? b : a), null);
}

const keyOf = ({ shares }: Account): string => labelsOf(shares.map(({ hypothesis }) => hypothesis));

function labelsOf(causes: readonly Hypothesis[]): string {
  return causes
    .map(({ label }) => label)
    .sort()
    .join(' ');
}

/** Of accounts of the same causes the best. */
function bestOfEach(pairs: readonly Account[]): Account[] {
  const best = new Map<string, Account>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    const known = best.get(key);
    if (known === undefined || pair.score > known.score) best.set(key, pair);
  }
  return [...best.values()];
}

/**
 * Both blame the same machine, and the one can have made what the other claims, but for a few incidents: where the hosts
 * file is wrong about a path one that shows on that path alone looks like nobody's, and it must not decide.
 */
function isBeside({ scores }: Case, other: Hypothesis, { hypothesis, incidents }: Share): boolean {
  if (other === hypothesis || !hypothesis.machines.some((machine) => other.machines.includes(machine))) return false;
  const notOf = incidents.filter((incident) => scores[incident]?.isNotOf(other) !== false).length;
  return notOf <= MOST_NOT_OF * incidents.length;
}

function candidatesForPairs(known: Case, singles: readonly Account[]): Hypothesis[] {
  const byScore = [...singles].sort((a, b) => logOf(b) - logOf(a));
  const chosen = new Set(byScore.slice(0, PAIRED).flatMap(({ shares }) => shares[0]?.hypothesis ?? []));
  const all = singles.flatMap(({ shares }) => shares[0]?.hypothesis ?? []);
  const views = all.map((hypothesis) => causeView(known, hypothesis));
  const wins = new Map<Hypothesis, number>();
  for (const [incident, { background }] of known.scores.entries()) {
    let most = Number.NEGATIVE_INFINITY;
    for (const view of views) most = Math.max(most, view.unlearnt(incident));
    const enough = most - Math.LN2;
    const best: (readonly [hypothesis: Hypothesis, score: number])[] = [];
    for (let i = 0; i < views.length; i += 1) {
      const score = (views[i] as CauseView).unlearnt(incident);
      if (score > background && score >= enough) best.push([all[i] as Hypothesis, score]);
    }
    for (const [hypothesis] of best.sort((a, b) => b[1] - a[1])) wins.set(hypothesis, (wins.get(hypothesis) ?? 0) + 1);
  }
  const winners = [...wins].sort((a, b) => b[1] - a[1]).slice(0, PAIRED);
  for (const [hypothesis] of winners) {
    chosen.add(hypothesis);
  }
  return [...chosen].filter(({ cause }) => cause !== 'unknown');
}

const ANYWHERE: Hypothesis['local']['here'] = [[1, [0.33, 0.34, 0.33]]];

/** Something on one path that no stage of the model explains. */
function unknownOn(topology: Topology, path: number): Hypothesis {
  const name = topology.paths[path]?.name ?? '';
  return {
    cause: 'unknown',
    machines: [name],
    label: `unknown@${name}`,
    words: `something on ${name} alone that its stages do not explain`,
    prior: UNKNOWN / topology.paths.length,
    variants: [{ share: 1, reach: topology.paths.map((_, other) => (other === path ? 'any' : 'none')) }],
    release: 'pipe',
    kinds: STALLING,
    local: { waits: null, blind: 0, blindByFlow: 0, here: ANYWHERE, elsewhere: ANYWHERE },
  };
}
