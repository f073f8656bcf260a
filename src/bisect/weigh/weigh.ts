import type { Hypothesis, Variant } from '../causes/hypothesis.js';
import type { Observation, PathObservation } from '../evidence/observation.js';
import { explainIncident, type FlowBelief, learnFlows } from '../words/explain-incident.js';
import { scoreAccounts } from './account-likelihood.js';
import { BACKGROUND_RATE, FAULT_RATE, scoreRate } from './background.js';
import type { Case } from './case.js';
import { scoreArrivals, scoreCpus } from './local-likelihood.js';
import { logSum } from './log-math.js';
import { scoreUnknownPath, withDoubt } from './path-likelihood.js';
import { QUEUES, QUEUES_APART } from './priors.js';
import { scoreQueues } from './queue-likelihood.js';
import { scoreKinds, scoreOrder, scoreParting } from './signatures.js';

/** Rounds in which incidents are dealt out and the flows of each cause learnt anew. */
const ROUNDS = 3;
const NOBODY = -1;
/** A second cause for one odd incident would explain everything. */
const LEAST_OF_TWO = 2;

/** What one cause makes of the incidents that are its own. */
export interface Share {
  readonly hypothesis: Hypothesis;
  readonly incidents: readonly number[];
  /** Log-likelihood of these incidents, without prior. */
  readonly score: number;
  /** That of the variant which fits best, without the variant's own prior. */
  readonly bestScore: number;
  /** The score where cards and links hash by addresses alone, in place of the small prior that they do; else null. */
  readonly byAddresses: number | null;
  /** Which variant that is. */
  readonly variant: Variant;
  /** The same in parts: by path, and by signature. */
  readonly byPath: readonly number[];
  /** Whether ways tell the flows that wait from those that pass; 0 where it does not hold by flow. */
  readonly parting: number;
  readonly order: number;
  readonly kinds: number;
  /** Where receivers saw the probes wait, and what the CPUs of machines did. */
  readonly arrivals: number;
  readonly cpus: number;
  /** What the machine at fault counted of the server. */
  readonly account: number;
  /** Likeliest number of queues, for causes that hold by flow. */
  readonly queues: number | null;
  /** Whether those of them that stall change from incident to incident. */
  readonly moving: boolean;
}

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
  let beliefs: (FlowBelief | null)[] = causes.map(() => null);
  let dealt: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = known.incidents.map((_, incident) => bestFor(known, incident, causes, beliefs));
    if (round > 0 && next.every((owner, i) => owner === dealt[i])) {
      break;
    }
    dealt = next;
    beliefs = causes.map((_, cause) => learnFlows(known, ownedBy(dealt, cause)));
  }
  const background = ownedBy(dealt, NOBODY);
  const shares: Share[] = [];
  let score = scoreChance(known, background);
  for (const [cause, hypothesis] of causes.entries()) {
    const incidents = ownedBy(dealt, cause);
    if (incidents.length < (causes.length === 1 ? 1 : LEAST_OF_TWO)) {
      return null;
    }
    const share = scoreShare(known, hypothesis, incidents);
    shares.push(share);
    score += share.score + scoreRate(incidents.length, known.seconds, FAULT_RATE);
  }
  const bestScore = shares.reduce((sum, share) => sum + share.bestScore - share.score, score);
  return { shares, background, score, bestScore, prior, quiet: false };
}

function ownedBy(dealt: readonly number[], owner: number): number[] {
  return dealt.flatMap((to, incident) => (to === owner ? [incident] : []));
}

function bestFor(
  known: Case,
  incident: number,
  causes: readonly Hypothesis[],
  beliefs: readonly (FlowBelief | null)[],
): number {
  let best = NOBODY;
  let most = known.background[incident] ?? 0;
  for (const [cause, hypothesis] of causes.entries()) {
    const score = explainIncident(known, incident, hypothesis, beliefs[cause] ?? null);
    if (score > most) {
      best = cause;
      most = score;
    }
  }
  return best;
}

function scoreChance(known: Case, incidents: readonly number[]): number {
  const patterns = incidents.reduce((sum, incident) => sum + (known.background[incident] ?? 0), 0);
  return patterns + scoreRate(incidents.length, known.seconds, BACKGROUND_RATE);
}

/** Log-likelihood of some incidents under one cause, with all its signatures. */
export function scoreShare(known: Case, hypothesis: Hypothesis, incidents: readonly number[]): Share {
  const own = incidents.map((incident) => known.incidents[incident] as Observation);
  const variants = hypothesis.variants.map((variant) => ({
    variant,
    prior: Math.log(variant.share),
    ...scoreVariant(known, hypothesis, variant, incidents, own),
  }));
  const best = variants.reduce((a, b) => (b.total > a.total ? b : a));
  const order = scoreOrder(hypothesis.release, own);
  const kinds = scoreKinds(hypothesis.kinds, own);
  const arrivals = scoreArrivals(hypothesis, own);
  const cpus = scoreCpus(hypothesis, own, known.heartbeats);
  const account = scoreAccounts(hypothesis, known.accounts);
  const hashed = variants.flatMap(({ prior, byAddresses }) => (byAddresses === null ? [] : prior + byAddresses));
  const paths = logSum(variants.map(({ prior, total }) => prior + total));
  const signatures = order + kinds + arrivals + cpus + account;
  return {
    hypothesis,
    incidents,
    score: paths + signatures,
    bestScore: best.total + signatures,
    byAddresses: hashed.length === 0 ? null : logSum(hashed) + signatures,
    variant: best.variant,
    byPath: best.byPath,
    parting: best.parting,
    order,
    kinds,
    arrivals,
    cpus,
    account,
    queues: best.queues,
    moving: best.moving,
  };
}

/** Where the number of pods is known, each may wait for itself, or about half of them together. */
const TWO_PODS_IN_ONE: readonly (readonly [places: number | null, share: number])[] = [
  [null, 0.7],
  [2, 0.3],
];

/** Over how many places flows may part. Cards and links are as many as they like, whatever the driver says. */
function queueChoices({ parallel, places }: Variant, { queues }: Case, machine: string): typeof QUEUES {
  // Several of the pods may share what waits.
  if (places !== undefined)
    return places === 2 ? [[2, 1]] : TWO_PODS_IN_ONE.map(([of, share]) => [of ?? places, share]);
  if (parallel) return QUEUES_APART;
  const said = queues[machine];
  return said === undefined ? QUEUES : [[said, 1]];
}

interface VariantScore {
  readonly total: number;
  readonly parting: number;
  readonly byAddresses: number | null;
  readonly byPath: readonly number[];
  readonly queues: number | null;
  readonly moving: boolean;
}

function scoreVariant(
  known: Case,
  hypothesis: Hypothesis,
  variant: Variant,
  incidents: readonly number[],
  own: readonly Observation[],
): VariantScore {
  const byPath = variant.reach.map((reach, path) => {
    const seen = own.flatMap((observation): readonly PathObservation[] => {
      const here = observation.paths[path];
      return here ? [here] : [];
    });
    if (reach === 'any') {
      return seen.length === 0 ? 0 : scoreUnknownPath(seen);
    }
    if (reach === 'by-flow') {
      return 0;
    }
    const score = incidents.reduce((sum, incident) => sum + (known.scores[incident]?.[path]?.[reach] ?? 0), 0);
    return withDoubt(score, seen);
  });
  const hashed = variant.reach.map((reach) => reach === 'by-flow');
  if (!hashed.includes(true)) {
    const total = byPath.reduce((sum, score) => sum + score, 0);
    return { total, byAddresses: null, byPath, parting: 0, queues: null, moving: false };
  }
  const machine = hypothesis.machines.length === 1 ? (hypothesis.machines[0] as string) : '';
  const queues = scoreQueues(own, known.topology, hashed, byPath, {
    machine,
    choices: queueChoices(variant, known, machine),
  });
  const parting = scoreParting(hypothesis.cause, variant.reach, known, own);
  return { ...queues, parting, total: queues.total + parting, byAddresses: queues.byAddresses + parting };
}
