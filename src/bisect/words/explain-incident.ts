import type { Hypothesis, Variant } from '../causes/hypothesis.js';
import type { Observation } from '../evidence/observation.js';
import type { Case } from '../weigh/case.js';
import { MIXED, withGlitch } from '../weigh/path-likelihood.js';
import { QUEUES } from '../weigh/priors.js';

/** What is believed of the flows of each path: how often each waits. Learnt from the incidents of one hypothesis. */
export type FlowBelief = (path: number, flow: number) => number;

/**
 * How well a hypothesis explains one incident by itself, to decide which incidents are its own; -Infinity where it cannot
 * have made it.
 * @param belief where it is known already which flows wait
 */
export function explainIncident(
  known: Case,
  incident: number,
  hypothesis: Hypothesis,
  belief: FlowBelief | null,
): number {
  if (isAfter(hypothesis, known.incidents[incident] as Observation)) return Number.NEGATIVE_INFINITY;
  if (belief !== null) return explain(known, incident, hypothesis, belief);
  // Every pair of causes asks this again.
  const scores = unlearnt(known, hypothesis);
  scores[incident] ??= explain(known, incident, hypothesis, null);
  return scores[incident];
}

/** By incident, what a hypothesis explains of it as long as nothing is believed of flows. */
const remembered = new WeakMap<Case, Map<Hypothesis, (number | undefined)[]>>();

function unlearnt(known: Case, hypothesis: Hypothesis): (number | undefined)[] {
  const ofCase = remembered.get(known) ?? new Map<Hypothesis, (number | undefined)[]>();
  remembered.set(known, ofCase);
  const scores = ofCase.get(hypothesis) ?? [];
  ofCase.set(hypothesis, scores);
  return scores;
}

function explain(known: Case, incident: number, hypothesis: Hypothesis, belief: FlowBelief | null): number {
  return Math.max(
    ...hypothesis.variants.map(
      (variant) => Math.log(variant.share) + explainByVariant(known, incident, variant, belief),
    ),
  );
}

/** What was held before it was sent, no later stage held. */
function isAfter({ cause, machines }: Hypothesis, { heldBefore }: Observation): boolean {
  return heldBefore !== null && !(cause === 'sender' && machines[0] === heldBefore);
}

function explainByVariant(known: Case, incident: number, variant: Variant, belief: FlowBelief | null): number {
  const fixed = sumOver(known, incident, variant, () => 0);
  if (!variant.reach.includes('by-flow')) {
    return fixed;
  }
  if (belief !== null) {
    return sumOver(known, incident, variant, (path) => byBelief(known, incident, path, belief));
  }
  const choices = QUEUES.map((_, choice) =>
    sumOver(known, incident, variant, (path) => known.scores[incident]?.[path]?.byQueues[choice] ?? 0),
  );
  return Math.max(...choices);
}

function sumOver(known: Case, incident: number, variant: Variant, byFlow: (path: number) => number): number {
  let sum = 0;
  for (const [path, scores] of (known.scores[incident] ?? []).entries()) {
    if (scores !== null) {
      const reach = variant.reach[path] ?? 'none';
      sum += reach === 'by-flow' ? byFlow(path) : scores[reach];
    }
  }
  return sum;
}

function byBelief(known: Case, incident: number, path: number, belief: FlowBelief): number {
  const seen = known.incidents[incident]?.paths[path];
  if (!seen) {
    return 0;
  }
  const flows =
    seen.hit.reduce((sum, flow) => sum + Math.log(belief(path, flow)), 0) +
    seen.clean.reduce((sum, flow) => sum + Math.log1p(-belief(path, flow)), 0);
  const fresh = belief(path, -1);
  const news = seen.freshHeld * Math.log(fresh) + seen.freshClean * Math.log1p(-fresh);
  return withGlitch(flows + news + seen.mixed * Math.log(MIXED), seen);
}

/** Shares by flow over some incidents, drawn a little towards the share of the whole path. */
export function learnFlows(known: Case, incidents: readonly number[]): FlowBelief {
  const tables = known.topology.paths.map((_, path) => {
    const counts = new Map<number, { held: number; all: number }>();
    let [held, all] = [0, 0];
    for (const incident of incidents) {
      const seen = known.incidents[incident]?.paths[path];
      if (!seen) continue;
      for (const [flows, isHeld] of [[seen.hit, 1] as const, [seen.clean, 0] as const]) {
        for (const flow of flows) {
          const count = counts.get(flow) ?? { held: 0, all: 0 };
          counts.set(flow, { held: count.held + isHeld, all: count.all + 1 });
          held += isHeld;
          all += 1;
        }
      }
      held += seen.freshHeld;
      all += seen.freshHeld + seen.freshClean;
    }
    return { counts, share: (held + 0.25) / (all + 1) };
  });
  return (path, flow) => {
    const table = tables[path];
    const count = table?.counts.get(flow) ?? { held: 0, all: 0 };
    const share = (count.held + (table?.share ?? 0.25)) / (count.all + 1);
    return Math.min(0.97, Math.max(0.005, share));
  };
}
