import type { Hypothesis } from '../causes/hypothesis.js';
import type { Observation } from '../evidence/observation.js';
import { tellingKinds } from '../evidence/telling-kinds.js';
import type { Case } from './case.js';
import type { IncidentScores } from './incident-scores.js';
import { type Judgement, judgePosterior } from './judgement.js';
import { posteriorOf } from './posterior.js';
import { LEAST_SHARE } from './signatures.js';

/**
 * A network that stalls and loses may be two faults: the losses are its own, the stalls could be those of a machine
 * behind it. Weighs the stalls alone and names the causes that explain them as well as the network does.
 *
 * @returns pairs such as `host+network`; empty where the verdict is another, or the stalls are the network's alone
 */
export function hiddenBeside(known: Case, hypotheses: readonly Hypothesis[], judgement: Judgement): string[] {
  if (judgement.says !== 'cause') return [];
  const [share, second] = judgement.leading.shares;
  if (share?.hypothesis.cause !== 'network' || second !== undefined) return [];
  const telling = new Set(tellingKinds(share.incidents.map((i) => known.incidents[i] as Observation)));
  const own = share.incidents.filter((i) => telling.has(known.incidents[i] as Observation));
  const stalls = own.filter((i) => isStall(known.incidents[i] as Observation));
  const others = own.length - stalls.length;
  if (stalls.length * LEAST_SHARE < own.length || others * LEAST_SHARE < own.length) return [];
  const alone = judgePosterior(posteriorOf(only(known, stalls), hypotheses));
  if (alone.says === 'healthy') return [];
  const causes = alone.alike.flatMap(({ shares }) => (shares.length === 1 ? (shares[0]?.hypothesis.cause ?? []) : []));
  return [...new Set(causes)]
    .filter((cause) => cause !== 'network' && cause !== 'unknown')
    .map((cause) => [cause, 'network'].sort().join('+'))
    .sort();
}

const isStall = ({ kind }: Observation): boolean => kind === 'stall' || kind === 'slow-drain';

function only(known: Case, incidents: readonly number[]): Case {
  return {
    ...known,
    incidents: incidents.map((i) => known.incidents[i] as Observation),
    scores: incidents.map((i) => known.scores[i] as IncidentScores),
  };
}
