import { isHit, type Observation } from '../bisect/evidence/observation.js';
import { type GatheredVerdict, judgeIncidents } from '../bisect/judge-incidents.js';
import { times } from '../bisect/paths/path-words.js';
import type { Explanation } from '../model/explanation.js';
import type { FleetEdge, FleetPath, SuspectEvidence } from '../model/fleet/fleet-evidence.js';
import { SECOND } from '../model/time.js';
import type { Verdict } from '../model/verdict.js';
import { spikesAgree } from './agreement.js';
import { CLOCK_NS } from './incident-times.js';
import { withCulprit } from './name-culprit.js';
import { type Gathered, type GatheredPath, gather } from './observations.js';
import { fleetMeasuredPath, inboundPath, isZoneName, type NodeFacts } from './suspect-paths.js';

/** What the inference says of a node, by its own edges. */
export interface SuspectJudgement {
  readonly node: string;
  /** That the node is at fault, whatever the cause; null where there was too little to judge. */
  readonly probability: number | null;
  readonly verdict: Verdict | null;
  readonly convicted: boolean;
  /** Why it is not, where something points at it all the same. */
  readonly reason: string | undefined;
  readonly releasesNs: readonly number[];
  /** What the kernel of the node shows of its incidents, where its agent traces it. */
  readonly kernelSays?: Explanation['conclusion'];
}

/** A node is named from here on. */
export const CONVICTING = 0.9;
/** What is said of a node of which only its own agent tells, or that something equals. */
const NOT_CONVICTING = 0.89;
/** Further paths tell nothing new, and each costs time. */
const MOST_PATHS = 28;
/** Fewer incidents never convict. */
const LEAST_INCIDENTS = 3;
/** Of the neighbours, those held most are thought of as being at fault themselves. */
const MOST_RIVALS = 3;

export interface SuspectContext extends NodeFacts {
  readonly windowNs: number;
  readonly isBelieved: (agent: string) => boolean;
  /** Whether what an edge shows has another explanation already: it is left out. */
  readonly isExplained: (edge: FleetEdge) => boolean;
}

/**
 * Judges one node by the incidents on its edges, in and out, with the same inference that a bisection uses.
 *
 * @returns null where nothing at all was seen on its edges
 */
export function judgeSuspect(
  node: string,
  evidence: SuspectEvidence,
  { windowNs, isBelieved, isExplained, ...facts }: SuspectContext,
): SuspectJudgement | null {
  const all = gather(evidence, node, (edge) => isBelieved(edge.from) && !isExplained(edge));
  const gathered = telling(all, node);
  if (gathered.incidents.length === 0) return null;
  const releasesNs = gathered.incidents.map(({ releaseNs }) => releaseNs);
  const spikes = evidence.spikes.filter((edge) => edge.to === node && isBelieved(edge.from) && !isExplained(edge));
  const agreed =
    all.paths.some(({ path, seen }) => !('inboundOf' in path) && seen.some(isHit)) ||
    spikesAgree(spikes, releasesNs, windowNs);
  if (gathered.incidents.length < LEAST_INCIDENTS) {
    return { node, releasesNs, convicted: false, probability: null, verdict: null, reason: tooFew(releasesNs.length) };
  }
  const verdict = judgeIncidents({
    paths: gathered.paths.map(({ path }) =>
      'inboundOf' in path ? inboundPath(path.inboundOf) : fleetMeasuredPath(path, facts),
    ),
    incidents: gathered.incidents.map(
      (incident, i): Observation => ({
        ...incident,
        paths: gathered.paths.map(({ seen }) => seen[i] ?? null),
      }),
    ),
    seconds: windowNs / SECOND,
    clockUncertaintyNs: CLOCK_NS,
    notes: [],
    isThinkable: thinkable(node, gathered),
  });
  const incidents = gathered.incidents.map(({ startMaxNs, releaseNs }) => ({ startNs: startMaxNs, releaseNs }));
  const { kernelSays, ...named } = withCulprit(verdict.verdict, node, incidents, evidence.traced);
  const told = kernelSays === undefined ? {} : { kernelSays };
  return { node, releasesNs, ...told, ...conclude(node, agreed, { ...verdict, ...named }) };
}

function conclude(
  node: string,
  agreed: boolean,
  { verdict, says, blame }: GatheredVerdict,
): Pick<SuspectJudgement, 'probability' | 'verdict' | 'convicted' | 'reason'> {
  const probability = blame.get(node) ?? 0;
  const blamed = says === 'cause' && probability >= CONVICTING && blames(verdict, node);
  if (blamed && agreed) return { probability, verdict, convicted: true, reason: undefined };
  return {
    probability: Math.min(probability, NOT_CONVICTING),
    verdict,
    convicted: false,
    reason: blamed
      ? 'only its own agent has seen it, in what arrives there: the round-trip times of no prober agree'
      : verdict.reason,
  };
}

/** The node itself, what joins zones, and the few neighbours whose own fault could be what is seen of it. */
function thinkable(node: string, { paths }: Gathered): (machines: readonly string[]) => boolean {
  const hits = new Map<string, number>();
  for (const { path, seen } of paths) {
    if ('inboundOf' in path) continue;
    const peer = path.from === node ? path.to : path.from;
    hits.set(peer, (hits.get(peer) ?? 0) + seen.filter(isHit).length);
  }
  const rivals = [...hits].sort((a, b) => b[1] - a[1]).slice(0, MOST_RIVALS);
  const known = new Set([node, ...rivals.map(([peer]) => peer)]);
  return (machines) => machines.every((machine) => known.has(machine) || isZoneName(machine));
}

function tooFew(count: number): string {
  return `${times(count)} in the window: too few to accuse anyone`;
}

function blames({ where }: Verdict, node: string): boolean {
  return Array.isArray(where) ? where.includes(node) : where === node;
}

/**
 * Without what single edges show, which speaks of the edge and not of the node, and with as many paths as are needed.
 */
function telling({ incidents, paths }: Gathered, node: string): Gathered {
  const shown = incidents.map((_, i) => isBroad(paths, i));
  return {
    incidents: incidents.filter((_, i) => shown[i]),
    paths: sampled(paths, node).map(({ path, seen }) => ({ path, seen: seen.filter((_, i) => shown[i]) })),
  };
}

/** Whether an incident was seen by two neighbours at least, or in what arrives from all of them. */
function isBroad(paths: readonly GatheredPath[], incident: number): boolean {
  const seenBy = new Set<string>();
  for (const { path, seen } of paths) {
    if (!isHit(seen[incident])) continue;
    if ('inboundOf' in path) return true;
    seenBy.add(`${path.from < path.to ? `${path.from} ${path.to}` : `${path.to} ${path.from}`}`);
  }
  return seenBy.size > 1;
}

/** Of too many paths a part that is like the whole: of each direction and kind those held often and those held rarely. */
function sampled(paths: readonly GatheredPath[], node: string): readonly GatheredPath[] {
  const arrivals = paths.filter(({ path }) => 'inboundOf' in path);
  const probed = paths.flatMap(({ path, seen }) =>
    'inboundOf' in path ? [] : [{ path, seen, group: groupOf(path, node), hits: seen.filter(isHit).length }],
  );
  if (probed.length <= MOST_PATHS) return paths;
  probed.sort((a, b) => a.group.localeCompare(b.group) || b.hits - a.hits);
  const step = probed.length / MOST_PATHS;
  return [...arrivals, ...probed.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step))];
}

function groupOf({ to, kind, protocol }: FleetPath, node: string): string {
  return `${kind} ${protocol} ${to === node ? 'in' : 'out'}`;
}
