import type { Hypothesis } from '../causes/hypothesis.js';
import type { Case } from './case.js';
import { causeView } from './cause-view.js';
import type { IncidentScores } from './incident-scores.js';
import { type Judgement, judgePosterior } from './judgement.js';
import type { Posterior } from './posterior.js';

/** By so much a cause explains an incident better than chance does: three paths that waited at one instant, or more. */
const NO_CHANCE = 12;
/** One in so many is odd now and then. */
const FEW = 20;

/**
 * What the posterior comes to. Incidents that the cause named leaves to chance, and that another one would explain far
 * better, are too few to name that one beside it; they stay unexplained, as the verdict may be half of the truth.
 */
export function judgeCase(known: Case, hypotheses: readonly Hypothesis[], posterior: Posterior): Judgement {
  const judgement = judgePosterior(posterior);
  if (judgement.says !== 'cause' || judgement.unexplained !== undefined) return judgement;
  const { background, shares } = judgement.leading;
  const explained = shares.reduce((sum, { incidents }) => sum + incidents.length, 0);
  const views = hypotheses.flatMap((other) => (other.cause === 'unknown' ? [] : causeView(known, other)));
  const odd = background.filter((incident) => {
    const chance = (known.scores[incident] as IncidentScores).background;
    return views.some((view) => view.unlearnt(incident) > chance + NO_CHANCE);
  });
  return odd.length * FEW < explained || odd.length === 0 ? judgement : { ...judgement, unexplained: odd.length };
}
