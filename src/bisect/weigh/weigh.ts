import { isRequest } from '../../model/protocol.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { isHit, isLittleLoss, type Observation } from '../evidence/observation.js';
import { BACKGROUND_RATE, FAULT_RATE, scoreRate } from './background.js';
import type { Case } from './case.js';
import { type CauseView, causeView } from './cause-view.js';
import type { FlowBelief } from './flow-belief.js';
import type { IncidentScores } from './incident-scores.js';
import { ownIncidents } from './own-incidents.js';
import { partsByChance, partsByPath } from './part-likelihood.js';
import { type Share, scoreShare } from './share.js';

/** Rounds in which incidents are dealt out and the flows of each cause learnt anew. */
const ROUNDS = 3;
const NOBODY = -1;
/** A second cause for one odd incident would explain everything. */
const LEAST_OF_TWO = 2;

/** One account of everything that happened: no cause, one, or two. */
export interface Account {
  readonly shares: readonly Share[];
  /** Incidents that are left to chance. */
  readonly background: readonly number[];
  readonly score: number;
  /** The same where each cause shows in the way that fits best: what only a prior tells apart is alike in it. */
  readonly bestScore: number;
  readonly prior: number;
  /** A fault that did not show; `shares` is empty. */
  readonly quiet: boolean;
}

/** Log-likelihood of all incidents where nothing is wrong: all of them are chance. */
export function weighNothing(known: Case, prior: number): Account {
  const background = known.incidents.map((_, incident) => incident);
  const score = scoreChance(known, background);
  return { shares: [], background, score, bestScore: score, prior, quiet: false };
}

/**
 * Log-likelihood of all incidents under one cause or two: each incident goes to the cause that explains it best, or to
 * chance. Returns null when a cause is left without an incident, or one of two with a single one.
 */
export function weigh(known: Case, causes: readonly Hypothesis[], prior: number): Account | null {
  const views = causes.map((cause) => causeView(known, cause));
  // What makes nothing of flows takes the same incidents in each round.
  const rounds = views.some(({ learns }) => learns) ? ROUNDS : 1;
  let beliefs: readonly (FlowBelief | null)[] = causes.map(() => null);
  const dealt = new Int8Array(known.incidents.length);
  let owned: readonly number[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (!deal(known, views, beliefs, dealt) && round > 0) break;
    owned = causes.map((_, cause) => ownedBy(dealt, cause));
    // What explains nothing best as long as its flows may lie anywhere does not once they are known.
    if (owned.some(({ length }) => length === 0)) return null;
    if (round + 1 < rounds) beliefs = owned.map((incidents) => ownIncidents(known, incidents).belief);
  }
  const background = ownedBy(dealt, NOBODY);
  const least = causes.length === 1 ? 1 : LEAST_OF_TWO;
  if (!owned.every((incidents) => incidents.length >= least && anyTells(known, incidents))) return null;
  const shares: Share[] = [];
  let score = scoreChance(known, background);
  for (const [cause, hypothesis] of causes.entries()) {
    const incidents = owned[cause] as number[];
    const share = scoreShare(known, hypothesis, incidents);
    shares.push(share);
    score += share.score + scoreRate(incidents.length, known.seconds, FAULT_RATE);
  }
  const bestScore = shares.reduce((sum, share) => sum + share.bestScore - share.score, score);
  return { shares, background, score, bestScore, prior, quiet: false };
}

/**
 * The account of one cause, which may have made all that it can have made where it holds by flow, though some of it looks
 * more like chance where each incident is explained by itself: of a queue that changes only all together show which flows
 * share one.
 */
export function withAllThatItMayHold(known: Case, account: Account): Account {
  const [share] = account.shares as [Share];
  const { hypothesis } = share;
  const view = causeView(known, hypothesis);
  if (!view.learns) return account;
  const [own, others]: [number[], number[]] = [[], []];
  for (let incident = 0; incident < known.incidents.length; incident += 1)
    (view.unlearnt(incident) === Number.NEGATIVE_INFINITY ? others : own).push(incident);
  if (own.length === share.incidents.length) return account;
  const whole = weighThese(known, hypothesis, own, others);
  return whole.score > account.score ? whole : account;
}

/** One cause for incidents that were dealt out already; the others are chance. */
export function weighThese(
  known: Case,
  hypothesis: Hypothesis,
  incidents: readonly number[],
  background: readonly number[],
): Account {
  const share = scoreShare(known, hypothesis, incidents);
  const score = scoreChance(known, background) + share.score + scoreRate(incidents.length, known.seconds, FAULT_RATE);
  const bestScore = score + share.bestScore - share.score;
  return { shares: [share], background, score, bestScore, prior: hypothesis.prior, quiet: false };
}

/**
 * Whether some of the incidents is more than single packets lost: in so short a time nothing else is seen to pass, so
 * that whatever touches the paths hit would explain a few of those for nothing. Of requests, which are sparse, each counts.
 */
function anyTells({ incidents, topology }: Case, own: readonly number[]): boolean {
  return own.some((index) => {
    const incident = incidents[index] as Observation;
    return (
      !isLittleLoss(incident) ||
      incident.paths.every((seen, path) => !isHit(seen) || isRequest(topology.paths[path]?.protocol ?? 'icmp'))
    );
  });
}

/** The same account with another cause in the place of one, for the same incidents. @param of which of them */
export function withOther(known: Case, account: Account, of: number, other: Hypothesis): Account {
  const old = account.shares[of] as Share;
  const share = scoreShare(known, other, old.incidents);
  return {
    ...account,
    shares: account.shares.map((one, i) => (i === of ? share : one)),
    score: account.score + share.score - old.score,
    bestScore: account.bestScore + share.bestScore - old.bestScore,
  };
}

/**
 * Deals out all incidents anew.
 *
 * @param dealt by incident, to which cause it went
 * @returns whether any goes to another than it did
 */
function deal(
  known: Case,
  views: readonly CauseView[],
  beliefs: readonly (FlowBelief | null)[],
  dealt: Int8Array,
): boolean {
  let changed = false;
  for (let incident = 0; incident < dealt.length; incident += 1) {
    const owner = bestFor(known, incident, views, beliefs);
    if (owner !== dealt[incident]) changed = true;
    dealt[incident] = owner;
  }
  return changed;
}

function ownedBy(dealt: Int8Array, owner: number): number[] {
  const owned: number[] = [];
  for (let incident = 0; incident < dealt.length; incident += 1) if (dealt[incident] === owner) owned.push(incident);
  return owned;
}

function bestFor(
  known: Case,
  incident: number,
  causes: readonly CauseView[],
  beliefs: readonly (FlowBelief | null)[],
): number {
  let best = NOBODY;
  let most = backgroundOf(known, incident);
  for (let cause = 0; cause < causes.length; cause += 1) {
    const score = (causes[cause] as CauseView).explain(incident, beliefs[cause] ?? null, most);
    if (score > most) {
      best = cause;
      most = score;
    }
  }
  return best;
}

function scoreChance(known: Case, incidents: readonly number[]): number {
  const patterns = incidents.reduce((sum, incident) => sum + backgroundOf(known, incident), 0);
  const parts = partsByChance(partsByPath(incidents.map((incident) => known.scores[incident] as IncidentScores)));
  return patterns + parts + scoreRate(incidents.length, known.seconds, BACKGROUND_RATE);
}

function backgroundOf({ scores }: Case, incident: number): number {
  return scores[incident]?.background ?? 0;
}
