import type { AgentCondition } from '../model/fleet/fleet-evidence.js';
import type { FleetVerdict, LinkVerdict, NodeVerdict } from '../model/fleet/fleet-verdict.js';
import type { EdgeBook } from './edge-book.js';
import { CLOCK_NS } from './incident-times.js';
import type { FleetView, SuspectsView } from './judge-fleet.js';
import type { SuspectJudgement } from './judge-suspect.js';
import { linkVerdicts } from './link-verdicts.js';
import { nodeLines } from './node-lines.js';

/** All that is said of a fleet: a line for each node that is not healthy, one for each bad link, one for the whole. */
export interface FleetConclusion {
  readonly nodes: readonly NodeVerdict[];
  readonly links: readonly LinkVerdict[];
  readonly verdict: FleetVerdict;
}

export interface ConclusionContext {
  /** By node, the first release known from before the window, negative; nodes of which nothing is known left out. */
  readonly sinceNs: ReadonlyMap<string, number>;
  readonly queries: number;
  readonly tookNs: number;
  readonly notes: readonly string[];
}

/** Agents that must probe a node for anything to be said of it. */
const LEAST_PROBERS = 2;
/** Below this nobody is told of a node that something points at. */
const LEAST_SUSPICION = 0.3;
/** Of the nodes, those that are watched must be more than this for a fleet to be healthy. */
const WATCHED = 0.5;
const MOST_EVIDENCE = 12;

export function concludeFleet(view: FleetView, suspects: SuspectsView, context: ConclusionContext): FleetConclusion {
  const { book } = view;
  const links = linkVerdicts(view, suspects);
  const judged = new Map(suspects.judgements.map((judgement) => [judgement.node, judgement]));
  const lossy = new Map(
    view.losses.suspected.flatMap(({ place, hit, of }) => (place.is === 'node' ? [[place.node, { hit, of }]] : [])),
  );
  const linked = links.some(({ scope }) => scope === 'groups');
  const nodes = [...book.members.values()].flatMap((member): NodeVerdict[] => {
    const base = {
      type: 'node-verdict' as const,
      node: member.node,
      ...(member.zone === undefined ? {} : { zone: member.zone }),
    };
    const judgement = judged.get(member.node);
    if (judgement?.convicted) return [{ ...base, ...convictedOf(judgement, context) }];
    const loss = lossy.get(member.node);
    // What two groups of nodes have in common is told once, as the network between them.
    if (judgement !== undefined && isSuspicious(judgement) && !(linked && judgement.verdict === null)) {
      return [{ ...base, ...suspicionOf(judgement) }];
    }
    if (loss !== undefined) return [{ ...base, ...lossOf(loss) }];
    if (member.agent.state !== 'watching') return [{ ...base, state: 'blind', reason: blindness(member.agent) }];
    const probers = probersOf(book, member.node);
    if (probers < LEAST_PROBERS) return [{ ...base, state: 'unwatched', reason: unwatchedBecause(probers) }];
    return [];
  });
  nodes.sort(worstFirst);
  return { nodes, links, verdict: whole(view, suspects, { nodes, links, context }) };
}

const ORDER: readonly NodeVerdict['state'][] = ['bad', 'suspect', 'unwatched', 'blind', 'healthy'];
/** Of a probability; less is of rounding, by which two stores that say the same would differ. */
const DIGITS = 6;

/** Of equals by name. */
function worstFirst(a: NodeVerdict, b: NodeVerdict): number {
  const probability = (node: NodeVerdict): number => Number((node.probability ?? 0).toFixed(DIGITS));
  return (
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    probability(b) - probability(a) ||
    (a.node < b.node ? -1 : Number(a.node > b.node))
  );
}

function convictedOf(
  { node, verdict, probability, releasesNs, kernelSays }: SuspectJudgement,
  context: ConclusionContext,
) {
  const first = Math.min(...releasesNs);
  return {
    state: 'bad' as const,
    ...(verdict === null
      ? {}
      : {
          cause: verdict.cause,
          ofCause: verdict.probability,
          indistinguishable: verdict.indistinguishable,
          ...(verdict.meaning === undefined ? {} : { meaning: verdict.meaning }),
          evidence: tellingEvidence(verdict.evidence),
          ruledOut: verdict.ruledOut,
          ...(verdict.culprit === undefined ? {} : { culprit: verdict.culprit }),
          ...(verdict.quality.notes.length === 0 ? {} : { notes: verdict.quality.notes }),
        }),
    ...(kernelSays === undefined ? {} : { kernelSays }),
    ...(probability === null ? {} : { probability: Math.min(1, probability) }),
    incidents: releasesNs.length,
    since: Math.round(context.sinceNs.get(node) ?? first),
    last: Math.round(Math.max(...releasesNs)),
    lines: nodeLines(node),
  };
}

function tellingEvidence(evidence: NonNullable<NodeVerdict['evidence']>): NonNullable<NodeVerdict['evidence']> {
  const seen = evidence.filter(({ stalls, exposedNotHit }) => stalls + exposedNotHit > 0);
  const sorted = seen.sort((a, b) => b.stalls - a.stalls);
  return sorted.length <= MOST_EVIDENCE
    ? sorted
    : [...sorted.slice(0, MOST_EVIDENCE / 2), ...sorted.slice(-MOST_EVIDENCE / 2)];
}

function isSuspicious({ probability, verdict }: SuspectJudgement): boolean {
  return verdict === null ? false : (probability ?? 0) >= LEAST_SUSPICION;
}

function suspicionOf({ node, verdict, probability, reason, releasesNs }: SuspectJudgement) {
  const leading = Object.entries(verdict?.posterior ?? {}).find(
    ([cause]) => cause !== 'healthy' && cause !== 'inconclusive',
  );
  return {
    state: 'suspect' as const,
    ...(leading === undefined ? {} : { cause: leading[0] }),
    probability: probability ?? 0,
    ...(verdict === null
      ? {}
      : { indistinguishable: verdict.indistinguishable, evidence: tellingEvidence(verdict.evidence) }),
    reason: reason ?? 'nothing more is known',
    incidents: releasesNs.length,
    lines: nodeLines(node).slice(0, 1),
  };
}

function lossOf({ hit, of }: { readonly hit: number; readonly of: number }) {
  return {
    state: 'suspect' as const,
    cause: 'network',
    reason: `loses probes on ${hit} of ${of} ways to it and from it, and losses have no instants that would tell where`,
  };
}

function blindness(agent: AgentCondition): string {
  return agent.state === 'blind' ? agent.because : 'its agent is silent: others probe it, and it tells nothing';
}

function probersOf({ into }: EdgeBook, node: string): number {
  return new Set((into.get(node) ?? []).map(({ from }) => from)).size;
}

function unwatchedBecause(probers: number): string {
  return probers === 0
    ? 'no agent that can be believed probes it'
    : 'one agent alone probes it: its own side could not be told from this node';
}

function whole(
  { book, stalls }: FleetView,
  { judgements, together }: SuspectsView,
  {
    nodes,
    links,
    context,
  }: {
    readonly nodes: readonly NodeVerdict[];
    readonly links: readonly LinkVerdict[];
    readonly context: ConclusionContext;
  },
): FleetVerdict {
  const named = (state: NodeVerdict['state']): string[] =>
    nodes.flatMap((one) => (one.state === state ? one.node : []));
  const [bad, suspects, unwatched, blind] = [named('bad'), named('suspect'), named('unwatched'), named('blind')];
  const all = book.members.size;
  const reason = reasonOf({
    suspects,
    together: links.length === 0 ? together : [],
    unwatched: unwatched.length + blind.length,
    all,
  });
  const few = judgements.filter(({ verdict, releasesNs }) => verdict === null && releasesNs.length > 0).length;
  return {
    type: 'fleet-verdict',
    cause: bad.length + links.length > 0 ? 'fault' : reason === undefined ? 'healthy' : 'inconclusive',
    bad,
    suspects,
    unwatched,
    blind,
    nodes: all,
    edges: new Set(book.units.map(({ from, to }) => `${from}\0${to}`)).size,
    ...(bad.length + links.length > 0 || reason === undefined ? {} : { reason }),
    unexplained: links.length > 0 ? 0 : stalls.unexplained.length,
    quality: {
      clockUncertaintyNs: CLOCK_NS,
      queries: context.queries,
      tookNs: Math.round(context.tookNs),
      notes: [
        ...context.notes,
        ...(few > 0 ? [`${few} ${few === 1 ? 'node' : 'nodes'} stalled once or twice, which accuses nobody`] : []),
      ],
    },
  };
}

function reasonOf({
  suspects,
  together,
  unwatched,
  all,
}: {
  readonly suspects: readonly string[];
  readonly together: readonly string[];
  readonly unwatched: number;
  readonly all: number;
}): string | undefined {
  if (all === 0) return 'no agent was heard of';
  if (unwatched > WATCHED * all) return `${unwatched} of ${all} nodes are not watched`;
  if (together.length > 0) return `${together.length} nodes stall at the same instants: what they share is not known`;
  if (suspects.length > 0)
    return `${suspects.length === 1 ? 'one node is' : `${suspects.length} nodes are`} suspected, none convicted`;
  return undefined;
}
