import type { Hypothesis, Reach, Variant } from '../causes/hypothesis.js';
import type { Topology } from '../paths/topology.js';
import { scoreAccounts } from './account-likelihood.js';
import type { Case } from './case.js';
import { scoreArrivals, scoreCpus } from './local-likelihood.js';
import { logSum } from './log-math.js';
import { type OwnIncidents, ownIncidents } from './own-incidents.js';
import { scoreParts } from './part-likelihood.js';
import { doubted } from './path-likelihood.js';
import { QUEUES, QUEUES_APART } from './priors.js';
import { scoreQueues } from './queue-likelihood.js';
import { scoreParting } from './signatures.js';

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
  /** In which part requests waited. */
  readonly parts: number;
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

const remembered = new WeakMap<OwnIncidents, Map<Hypothesis, Share>>();

/** Log-likelihood of some incidents under one cause, with all its signatures. @param incidents ascending */
export function scoreShare(known: Case, hypothesis: Hypothesis, incidents: readonly number[]): Share {
  const own = ownIncidents(known, incidents);
  const shares = remembered.get(own) ?? new Map<Hypothesis, Share>();
  remembered.set(own, shares);
  const share = shares.get(hypothesis) ?? scored(known, hypothesis, own);
  shares.set(hypothesis, share);
  return share;
}

function scored(known: Case, hypothesis: Hypothesis, incidents: OwnIncidents): Share {
  const { observations } = incidents;
  const variants = hypothesis.variants.map((variant) => ({
    variant,
    prior: Math.log(variant.share),
    ...scoreVariant(known, hypothesis, variant, incidents),
  }));
  const best = variants.reduce((a, b) => (b.total > a.total ? b : a));
  const order = incidents.order(hypothesis.release);
  const kinds = incidents.kinds(hypothesis.kinds);
  const parts = scoreParts(hypothesis, incidents.parts);
  const arrivals = incidents.told ? scoreArrivals(hypothesis, observations) : 0;
  const cpus = incidents.told || known.heartbeats.size > 0 ? scoreCpus(hypothesis, observations, known.heartbeats) : 0;
  const account = scoreAccounts(hypothesis, known.accounts, observations);
  const hashed = variants.flatMap(({ prior, byAddresses }) => (byAddresses === null ? [] : prior + byAddresses));
  const paths = logSum(variants.map(({ prior, total }) => prior + total));
  const signatures = order + kinds + parts + arrivals + cpus + account;
  return {
    hypothesis,
    incidents: incidents.indices,
    score: paths + signatures,
    bestScore: best.total + signatures,
    byAddresses: hashed.length === 0 ? null : logSum(hashed) + signatures,
    variant: best.variant,
    byPath: best.byPath,
    parting: best.parting,
    order,
    kinds,
    parts,
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

/** By path, the number of its target. */
interface Targets {
  readonly of: readonly number[];
  readonly count: number;
}

const targetsKnown = new WeakMap<Topology, Targets>();

function targetsOf(topology: Topology): Targets {
  let targets = targetsKnown.get(topology);
  if (targets === undefined) {
    const names = [...new Set(topology.paths.map(({ target }) => target))];
    targets = { of: topology.paths.map(({ target }) => names.indexOf(target)), count: names.length };
    targetsKnown.set(topology, targets);
  }
  return targets;
}

/** The paths that are not held by flow; where a target is not what the hosts file says, all of its paths are not. */
function withDoubtOfTargets(
  topology: Topology,
  { reach }: Variant,
  byPath: readonly number[],
  incidents: OwnIncidents,
): number {
  const { of, count } = targetsOf(topology);
  const scores = new Array<number>(count).fill(0);
  const unknown = new Array<number>(count).fill(0);
  const paths = new Array<number>(count).fill(0);
  // In the order in which they come to say something, which is that of the sum.
  const saying: number[] = [];
  for (let path = 0; path < byPath.length; path += 1) {
    const score = byPath[path] as number;
    if (score === 0 || reach[path] === 'by-flow') continue;
    const target = of[path] as number;
    if (paths[target] === 0) saying.push(target);
    paths[target] = (paths[target] as number) + 1;
    scores[target] = (scores[target] as number) + score;
    unknown[target] = (unknown[target] as number) + incidents.unknown(path);
  }
  let total = 0;
  for (const target of saying) {
    const score = scores[target] as number;
    total += (paths[target] as number) < 2 ? score : doubted(score, unknown[target] as number);
  }
  return total;
}

interface VariantScore {
  readonly total: number;
  readonly parting: number;
  readonly byAddresses: number | null;
  readonly byPath: readonly number[];
  readonly queues: number | null;
  readonly moving: boolean;
}

function scoreVariant(known: Case, hypothesis: Hypothesis, variant: Variant, incidents: OwnIncidents): VariantScore {
  const byPath = variant.reach.map((reach, path) => scorePathOf(incidents, path, reach));
  const rest = withDoubtOfTargets(known.topology, variant, byPath, incidents);
  if (!variant.reach.includes('by-flow')) {
    return { total: rest, byAddresses: null, byPath, parting: 0, queues: null, moving: false };
  }
  const machine = hypothesis.machines.length === 1 ? (hypothesis.machines[0] as string) : '';
  const place = { machine, choices: queueChoices(variant, known, machine) };
  const queues = scoreQueues(incidents, known.topology, variant, { byPath, rest }, place);
  const parting = scoreParting(hypothesis.cause, variant.reach, known, incidents);
  return { ...queues, parting, total: queues.total + parting, byAddresses: queues.byAddresses + parting };
}

/** 0 for what is held by flow: its paths are scored together. */
function scorePathOf(incidents: OwnIncidents, path: number, reach: Reach): number {
  switch (reach) {
    case 'any':
      return incidents.unknown(path);
    case 'some':
      return incidents.some(path);
    case 'drawn':
      return incidents.drawn(path);
    case 'by-flow':
      return 0;
    default:
      return incidents.score(path, reach);
  }
}
