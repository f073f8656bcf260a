import type { FleetEdge, FleetScreen, SuspectEvidence } from '../model/fleet/fleet-evidence.js';
import { coincidences } from './coincidence.js';
import { type EdgeBook, edgeBook } from './edge-book.js';
import { judgeSuspect, type SuspectJudgement } from './judge-suspect.js';
import { type Screening, type Suspected, screen } from './screen.js';

/** What the rates of a fleet come to. */
export interface FleetView {
  readonly book: EdgeBook;
  readonly stalls: Screening;
  readonly losses: Screening;
  /** Nodes to be looked at closer, those that more points at first. */
  readonly suspects: readonly string[];
}

/** What a node saw arrive late so often is looked into, whatever its neighbours say. */
const INBOUND_STALLS = 2;
/** So many nodes are looked at closer. */
export const MOST_SUSPECTS = 40;

/** The first look, by rates alone. @param closer nodes to be looked at closer, whatever the rates say */
export function viewFleet(found: FleetScreen, closer: readonly string[] = []): FleetView {
  const book = edgeBook(found);
  const stalls = screen(book, ({ hit }) => hit);
  const losses = screen(book, ({ lossy }) => lossy);
  const byRates = stalls.suspected.flatMap(({ place }) => (place.is === 'node' ? place.node : []));
  const byArrivals = [...book.inbound].filter(([, count]) => count >= INBOUND_STALLS).sort((a, b) => b[1] - a[1]);
  const suspects = [...new Set([...byRates, ...byArrivals.map(([node]) => node)])].slice(0, MOST_SUSPECTS);
  return { book, stalls, losses, suspects: [...new Set([...suspects, ...closer])] };
}

/** What the closer look at the suspects comes to. */
export interface SuspectsView {
  /** One each, of those on whose edges anything was seen. */
  readonly judgements: readonly SuspectJudgement[];
  /** Suspects that stall at the same instants: what they share is at fault. */
  readonly together: readonly string[];
}

/**
 * The closer look, at suspects only, those first at whom more points: what the edges between two of them show is put
 * down to the one that is convicted, and what crosses a bad link to the link.
 */
export function judgeSuspects(
  { book, suspects, stalls }: FleetView,
  evidence: SuspectEvidence,
  windowNs: number,
): SuspectsView {
  const watching = (agent: string): boolean => book.members.get(agent)?.agent.state === 'watching';
  const linked = new Set(
    stalls.suspected.flatMap((found) =>
      found.place.is !== 'link' && isBadLink(found) ? found.units.map(edgeKey) : [],
    ),
  );
  const convicted = new Set<string>();
  const shared = coincidences(evidence, suspects, (edge) => watching(edge.from) && !linked.has(edgeKey(edge)));
  const together: string[] = [];
  const judgements = suspects.flatMap((node) => {
    const others = shared.get(node) ?? [];
    if (others.length > 0 && !isWholeStar(book, node)) {
      together.push(node);
      return togetherWith(node, others);
    }
    const judgement = judgeSuspect(node, evidence, {
      windowNs,
      isBelieved: watching,
      zoneOf: (one) => book.members.get(one)?.zone,
      overlayOf: (one) => book.members.get(one)?.overlay,
      isExplained: (edge) => linked.has(edgeKey(edge)) || convicted.has(edge.from) || convicted.has(edge.to),
    });
    if (judgement?.convicted) convicted.add(node);
    return judgement ?? [];
  });
  return { judgements, together };
}

function edgeKey({ from, to }: FleetEdge): string {
  return `${from}\0${to}`;
}

/** Of the edges of a node that stalls as others do, so many must be held as often for the node itself to be at fault. */
const WHOLE_STAR = 0.9;
const AS_OFTEN = 0.5;

function isWholeStar({ into, outOf }: EdgeBook, node: string): boolean {
  const stalls = new Map<string, number>();
  for (const unit of [...(into.get(node) ?? []), ...(outOf.get(node) ?? [])]) {
    stalls.set(edgeKey(unit), Math.max(stalls.get(edgeKey(unit)) ?? 0, unit.stalls));
  }
  const counts = [...stalls.values()];
  const most = Math.max(0, ...counts);
  return counts.filter((count) => count >= AS_OFTEN * most).length >= WHOLE_STAR * counts.length;
}

function togetherWith(node: string, others: readonly string[]): SuspectJudgement {
  const [first = '', ...more] = others;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  return {
    node,
    convicted: false,
    probability: null,
    verdict: null,
    reason: `stalls at the same instants as ${first}${rest}, and not on all its edges: something that they share`,
    releasesNs: [],
  };
}

/** Stalls of one unit, from which on a link is at fault and not a single hiccup. */
export const LEAST_STALLS = 3;
/** Share of what crosses it that must have been held, as what joins two places holds all that crosses it. */
const LEAST_HELD = 0.5;

/** Whether the network between some nodes is at fault, as far as rates tell. */
export function isBadLink({ place, hit, of, most }: Suspected): boolean {
  return place.is !== 'node' && most >= LEAST_STALLS - 0.5 && hit >= LEAST_HELD * of;
}
