import type { MeasuredPath } from '../model/measured-path.js';
import type { Verdict } from '../model/verdict.js';
import type { Observation } from './evidence/observation.js';
import { topologyOf } from './paths/topology.js';
import { makeCase } from './weigh/case.js';
import { judgeCase } from './weigh/judge-case.js';
import type { Judgement } from './weigh/judgement.js';
import { hypothesesOf, posteriorOf } from './weigh/posterior.js';
import { makeVerdict } from './words/make-verdict.js';

/** Incidents that were put together elsewhere, from what is not single probes. */
export interface GatheredIncidents {
  readonly paths: readonly MeasuredPath[];
  /** Each with one observation, or null, for each path. */
  readonly incidents: readonly Observation[];
  /** How long the paths were watched. */
  readonly seconds: number;
  readonly clockUncertaintyNs: number;
  readonly notes: readonly string[];
  /** Whether a fault of these machines is thinkable; what is not is not weighed. */
  readonly isThinkable: (machines: readonly string[]) => boolean;
}

export interface GatheredVerdict {
  readonly verdict: Verdict;
  readonly says: Judgement['says'];
  /** Probability that a machine is at fault, alone or with another, whatever the cause; machines without any left out. */
  readonly blame: ReadonlyMap<string, number>;
}

/**
 * The verdict on incidents of which only is known which paths they held: what {@link createInference} makes of samples,
 * without the samples.
 */
export function judgeIncidents({
  paths,
  incidents,
  seconds,
  clockUncertaintyNs,
  notes,
  isThinkable,
}: GatheredIncidents): GatheredVerdict {
  const topology = topologyOf(paths);
  const hypotheses = hypothesesOf(topology, {}).filter(
    ({ cause, machines }) => cause === 'unknown' || isThinkable(machines),
  );
  const known = makeCase({
    topology,
    incidents,
    misdescribed: [],
    branching: [],
    replies: null,
    profiles: paths.map(() => new Map()),
    seconds,
    accounts: [],
    heartbeats: new Set(),
    queues: {},
  });
  const posterior = posteriorOf(known, hypotheses);
  const judgement = judgeCase(known, hypotheses, posterior);
  const blame = new Map<string, number>();
  for (const { shares, probability } of posterior) {
    const blamed = shares.flatMap(({ hypothesis: { cause, machines } }) =>
      cause !== 'unknown' && machines.length === 1 ? machines : [],
    );
    for (const machine of new Set(blamed)) blame.set(machine, (blame.get(machine) ?? 0) + probability);
  }
  const verdict = makeVerdict({
    known,
    hypotheses,
    posterior,
    judgement,
    summaries: [],
    failing: [],
    scene: { paths, vantages: [], targets: [], watched: new Set(), traced: new Set() },
    quality: {
      durationNs: Math.round(seconds * 1e9),
      selfInflicted: 0,
      excludedPaths: [],
      clockUncertaintyNs,
      notes: [...notes],
    },
  });
  return { verdict, says: judgement.says, blame };
}
