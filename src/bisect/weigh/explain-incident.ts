import type { Hypothesis } from '../causes/hypothesis.js';
import type { Case } from './case.js';
import type { FlowBelief } from './flow-belief.js';
import { type IncidentScores, partsOf } from './incident-scores.js';

/**
 * How well a hypothesis explains one incident by itself, to decide which incidents are its own; -Infinity where it cannot
 * have made it.
 * @param belief where it is known already which flows wait
 * @param than what explains it no better than this is not looked at closely: the result is -Infinity, or no more than it
 */
export function explainIncident(
  known: Case,
  incident: number,
  hypothesis: Hypothesis,
  belief: FlowBelief | null,
  than = Number.NEGATIVE_INFINITY,
): number {
  const scores = known.scores[incident] as IncidentScores;
  if (belief === null || scores.isNotOf(hypothesis) || !holdsByFlow(hypothesis)) return scores.unlearnt(hypothesis);
  return scores.most(hypothesis) <= than ? Number.NEGATIVE_INFINITY : belief.explain(hypothesis, incident, scores);
}

function holdsByFlow({ variants }: Hypothesis): boolean {
  return variants.some((variant) => partsOf(variant).byFlow.length > 0);
}
