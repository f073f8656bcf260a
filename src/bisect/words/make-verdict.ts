import type { Summary } from '../../model/summary.js';
import type { Verdict } from '../../model/verdict.js';
import { groupFlows } from '../../stats/flow-groups.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import type { Scene } from '../causes/scene.js';
import { sightingsAt } from '../evidence/flow-sightings.js';
import type { Observation } from '../evidence/observation.js';
import { pathEvidence, times } from '../paths/path-words.js';
import { causeName } from '../weigh/account-name.js';
import { alikeByAddresses } from '../weigh/by-addresses.js';
import type { Case } from '../weigh/case.js';
import { contradictions } from '../weigh/contradictions.js';
import { hiddenBeside } from '../weigh/hidden-beside.js';
import { CONVICTING, EQUAL_STANDING, type Judgement } from '../weigh/judgement.js';
import { type Rival, reconsidered, rivalsElsewhere } from '../weigh/otherwise-described.js';
import type { Posterior, WeighedAccount } from '../weigh/posterior.js';
import { hangsOnPriors, rounded, surenessOf } from '../weigh/sureness.js';
import type { Account } from '../weigh/weigh.js';
import { accountLabel, equalCauses, placeOf, posteriorByCause, priorsOf } from './account-words.js';
import { machineCoverage, type QueuesOf } from './machine-coverage.js';
import {
  contradictionNote,
  elsewhereNotes,
  elsewhereSteps,
  misdescribedSteps,
  misfitOf,
} from './misdescribed-words.js';
import { nextSteps, TELL_ADDRESSES } from './next-steps.js';
import { partedLinks } from './parted-links.js';
import { alternatives, doubted } from './ruled-out.js';
import { meaningOf } from './tell-apart.js';
import { toTerm } from './term-words.js';

const MOST_TERMS = 40;

export interface VerdictFacts {
  readonly known: Case;
  readonly hypotheses: readonly Hypothesis[];
  readonly posterior: Posterior;
  readonly judgement: Judgement;
  readonly summaries: readonly Summary[];
  /** Paths on which most requests fail, in words. */
  readonly failing: readonly string[];
  readonly quality: Verdict['quality'];
  readonly scene: Scene;
}

const ON_PRIORS =
  'it is not sure: were the other causes ten times as likely beforehand as is assumed, one of them might be it';

export function makeVerdict(facts: VerdictFacts): Verdict {
  const { known, hypotheses, posterior, quality, scene } = facts;
  const asDescribed = weighedBeside(facts, facts.judgement, []);
  // What is not sure anyway need not be doubted further; where priors alone keep it from that, somebody else may be likelier.
  const isSure = asDescribed.sureness.probability >= CONVICTING;
  const isDoubted = facts.judgement.says === 'cause' && (isSure || asDescribed.onPriors);
  const rivals = isDoubted ? rivalsElsewhere(known, hypotheses, facts.judgement.leading) : [];
  const judgement = reconsidered(facts.judgement, rivals);
  const thinkable = isSure || judgement !== facts.judgement ? rivals : [];
  const leading = judgement.says === 'healthy' ? null : judgement.leading;
  const named = judgement.says === 'cause' ? judgement.leading : null;
  const told = leading === null ? [] : alternatives(known, hypotheses, posterior, leading);
  const { byAddresses, contradicting, hidden, unexplained, onPriors, sureness } =
    thinkable.length === 0 ? asDescribed : weighedBeside(facts, judgement, thinkable);
  const elsewhere = sureness.probability < CONVICTING ? telling(thinkable) : [];
  const equal =
    judgement.says === 'healthy'
      ? []
      : equalCauses(
          judgement,
          sureness.probability < CONVICTING ? byAddresses.listed : [],
          elsewhere.map(({ hypothesis }) => hypothesis),
        );
  return {
    type: 'verdict',
    cause: named === null ? judgement.says : causeName(named),
    where: named === null ? null : placeOf(named),
    ...(leading === null ? {} : { kind: kindOf(known, leading) }),
    ...(judgement.says === 'inconclusive'
      ? { reason: `${reasonOf(known, judgement, facts.failing)}${misfitOf(known)}` }
      : {}),
    ...(named === null ? {} : { meaning: meaningOf(named.shares.map(({ hypothesis }) => hypothesis)) }),
    ...sureness,
    posterior: posteriorByCause(posterior),
    priors: priorsOf(hypotheses),
    incidents: known.incidents.length,
    evidence: known.topology.paths.map((path, index) => pathEvidence(path, index, known.incidents)),
    ...(leading === null ? { ruledOut: [], lessLikely: [] } : doubted(leading, told, equal)),
    indistinguishable: judgement.says === 'healthy' ? [] : [...equal, ...hidden],
    next: [
      ...misdescribedSteps(known),
      ...elsewhereSteps(elsewhere),
      ...(byAddresses.thinkable.length > 0 && sureness.probability < CONVICTING ? [TELL_ADDRESSES] : []),
      ...nextSteps(judgement, scene, known.seconds),
    ],
    terms: told
      .flatMap(({ other, terms }) => terms.map((term) => toTerm(term, accountLabel(leading), other.label)))
      .slice(0, MOST_TERMS),
    noStallLongerThanNs: judgement.says === 'healthy' ? longestUnseen(facts) : null,
    ...(judgement.says === 'healthy' || known.incidents.length === 0
      ? { coverage: machineCoverage(known.topology, facts.summaries, queuesSaid(known)) }
      : {}),
    quality: {
      ...quality,
      notes: [
        ...quality.notes,
        ...(contradicting.length === 0 ? [] : [contradictionNote(contradicting)]),
        ...elsewhereNotes(elsewhere),
        ...(unexplained === undefined ? [] : [unexplainedNote(unexplained)]),
        ...(onPriors ? [ON_PRIORS] : []),
      ],
    },
  };
}

/** What a judgement comes to with all that is weighed beside the accounts themselves. */
function weighedBeside(
  { known, hypotheses, posterior }: VerdictFacts,
  judgement: Judgement,
  elsewhere: readonly Rival[],
) {
  const byAddresses = alikeByAddresses(posterior, judgement);
  const contradicting = judgement.says === 'cause' ? contradictions(known, judgement.leading) : [];
  const hidden = hiddenBeside(known, hypotheses, judgement);
  const unexplained = judgement.says === 'cause' ? judgement.unexplained : undefined;
  const onPriors = hangsOnPriors(judgement);
  const sureness = surenessOf(judgement, {
    byAddresses: byAddresses.thinkable,
    elsewhere,
    open: contradicting.length > 0 || unexplained !== undefined,
    openAlone: hidden.length > 0 || onPriors,
  });
  return { byAddresses, contradicting, hidden, unexplained, onPriors, sureness };
}

/** The likeliest rivals, and those of which nothing but a prior tells them. */
function telling(rivals: readonly Rival[]): Rival[] {
  const most = Math.max(0, ...rivals.map(({ probability }) => probability));
  return rivals.filter(({ probability }) => Math.log(most / probability) < EQUAL_STANDING);
}

function unexplainedNote(incidents: number): string {
  const few = incidents === 1 ? '1 incident is' : `${incidents} incidents are`;
  return `${few} not explained by the cause named, and too few to name another one beside it: it is not sure therefore`;
}

/** Receive queues as machines said when they were asked, or as the flows show that waited together there. */
function queuesSaid({ queues, topology, incidents }: Case): QueuesOf {
  return (machine) => {
    const said = queues[machine];
    if (said !== undefined) return { queues: said, from: 'machine' };
    const learnt = groupFlows(sightingsAt(machine, topology, incidents)).queues;
    return learnt === null ? undefined : { queues: learnt.likely, from: 'flows' };
  };
}

/** How it shows; where one of several equal links is at fault, that. */
function kindOf(known: Case, { shares }: Account): NonNullable<Verdict['kind']> {
  const [first, second] = shares;
  const links = second === undefined && first?.hypothesis.cause === 'network' ? partedLinks(known, first) : null;
  if (links !== null) return links;
  const kinds = shares.flatMap(({ incidents }) => incidents.map((i) => (known.incidents[i] as Observation).kind));
  const counts = new Map<NonNullable<Verdict['kind']>, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'stall';
}

function reasonOf(
  known: Case,
  judgement: Extract<Judgement, { says: 'inconclusive' }>,
  failing: readonly string[],
): string {
  const count = known.incidents.length;
  const labels = (accounts: readonly WeighedAccount[]): string =>
    [...new Set(accounts.map((account) => accountLabel(account)))].join(', ');
  switch (judgement.why) {
    case 'no-incident-yet':
      return count === 0
        ? `nothing was held in ${Math.round(known.seconds)} s, which is too short to call it healthy`
        : `${times(count)} in ${Math.round(known.seconds)} s, without a pattern`;
    case 'requests-fail':
      return `${count === 0 ? 'nothing was held' : `${times(count)}, without a pattern`}, but most requests fail: ${failing.join('; ')}`;
    case 'few-incidents':
      return `${times(count)} so far: too few to accuse anyone; ${labels(judgement.alike.slice(0, 1))} leads`;
    case 'alike':
      return `from the paths measured, ${labels(judgement.alike)} look the same`;
    case 'unknown':
      return `${labels(judgement.alike.slice(0, 1))}: one path alone is hit, against all that its stages would explain`;
    case 'hosts-file':
      return `${labels(judgement.alike.slice(0, 1))} leads by the hosts file, which is likelier to be wrong: another cause would explain more then`;
    case 'divided':
      return `the likeliest, ${labels(judgement.alike.slice(0, 1))}, has a probability of ${rounded(judgement.probability)}, below ${CONVICTING}`;
  }
}

/** A stall longer than this would have been seen on every path that was watched. */
function longestUnseen({ summaries, quality }: VerdictFacts): number | null {
  const excluded = new Set(quality.excludedPaths.map(({ path }) => path));
  const seen = summaries.filter(({ path, received }) => !excluded.has(path) && received > 0);
  return seen.length === 0 ? null : Math.max(...seen.map(({ detectableStallNs }) => detectableStallNs));
}
