import type { Incident } from '../../model/verdict.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import { isHit, type Observation } from '../evidence/observation.js';
import type { Case } from '../weigh/case.js';
import type { IncidentScores } from '../weigh/incident-scores.js';
import { logSum } from '../weigh/log-math.js';

/** A single incident names a cause only when it is likelier than all others together. */
const LIKELIEST = 0.5;

/** An incident as it is reported. @param alone a case of this one incident */
export function incidentOf(alone: Case, hypotheses: readonly Hypothesis[]): Incident {
  const seen = alone.incidents[0] as Observation;
  const name = (index: number): string => alone.topology.paths[index]?.name ?? String(index);
  const paths = seen.paths.flatMap((path, index) => (isHit(path) ? [name(index)] : []));
  const exposed = seen.paths.flatMap((path, index) => (path !== null && !isHit(path) ? [name(index)] : []));
  return {
    type: 'incident',
    startMin: Math.round(seen.startMinNs),
    startMax: Math.round(seen.startMaxNs),
    release: Math.round(seen.releaseNs),
    paths,
    exposed,
    cause: likeliest(alone, hypotheses),
  };
}

function likeliest(alone: Case, hypotheses: readonly Hypothesis[]): string {
  const kind = alone.incidents[0]?.kind ?? 'stall';
  const unlearnt = (hypothesis: Hypothesis): number => (alone.scores[0] as IncidentScores).unlearnt(hypothesis);
  const scores = hypotheses.flatMap((hypothesis) => {
    const score = unlearnt(hypothesis);
    if (score === Number.NEGATIVE_INFINITY) return [];
    return [{ cause: hypothesis.cause, score: Math.log(hypothesis.prior) + Math.log(hypothesis.kinds[kind]) + score }];
  });
  const total = logSum([...scores.map(({ score }) => score), alone.scores[0]?.background ?? 0]);
  const byCause = new Map<string, number>();
  for (const { cause, score } of scores) {
    byCause.set(cause, (byCause.get(cause) ?? 0) + Math.exp(score - total));
  }
  const best = [...byCause].sort((a, b) => b[1] - a[1])[0];
  return best !== undefined && best[1] >= LIKELIEST && best[0] !== 'unknown' ? best[0] : 'inconclusive';
}
