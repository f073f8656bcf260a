import type { Observation, PathObservation } from '../bisect/evidence/observation.js';
import { MISSED } from '../bisect/weigh/path-likelihood.js';
import type {
  EdgeSighting,
  FleetEdge,
  FleetPath,
  FleetUnit,
  InboundReleases,
  PathReleases,
  ReleaseSeries,
  SuspectEvidence,
} from '../model/fleet/fleet-evidence.js';
import { SECOND } from '../model/time.js';
import { median } from '../stats/median.js';
import { type IncidentTime, incidentTimes, isWithin } from './incident-times.js';

/** What is known of the paths of one suspect, one entry for each of its incidents. */
export interface GatheredPath {
  readonly path: FleetPath | { readonly inboundOf: string };
  readonly seen: readonly (PathObservation | null)[];
}

export interface Gathered {
  readonly incidents: readonly Omit<Observation, 'paths'>[];
  readonly paths: readonly GatheredPath[];
}

/** Where no path tells how long its stalls were. */
const USUAL_STALL_NS = 0.1 * SECOND;
/** More are no surer. */
const MOST_INCIDENTS = 24;

/**
 * All that the evidence has about the edges of one node, in and out, incident by incident.
 *
 * @param counts whether an edge is to be looked at
 */
export function gather(evidence: SuspectEvidence, node: string, counts: (edge: FleetEdge) => boolean): Gathered {
  return evidence.from === 'scrapes' ? fromScrapes(evidence, node, counts) : fromFindings(evidence, node, counts);
}

function fromScrapes(
  evidence: Extract<SuspectEvidence, { from: 'scrapes' }>,
  node: string,
  counts: (edge: FleetEdge) => boolean,
): Gathered {
  const paths = evidence.paths.filter((path) => touches(path, node) && counts(path));
  const inbound = evidence.inbound.filter((one) => one.node === node);
  const rates = edgeRates(paths);
  const times = latest(incidentTimes([...paths, ...inbound].flatMap(stampsOf)));
  const lengthNs = usualLength(paths.flatMap(({ heldNs }) => heldNs ?? []));
  return {
    incidents: times.map((time) => incidentAt(time, lengthNs)),
    paths: [
      ...paths.map((path) => ({
        path,
        seen: times.map((time) => pathAt(path, time, lengthNs, rates)),
      })),
      ...inbound.map((one) => ({ path: { inboundOf: node }, seen: times.map((time) => inboundAt(one, time)) })),
    ],
  };
}

function fromFindings(
  evidence: Extract<SuspectEvidence, { from: 'findings' }>,
  node: string,
  counts: (edge: FleetEdge) => boolean,
): Gathered {
  const paths = evidence.paths.filter((path) => touches(path, node) && counts(path));
  const edges = evidence.edges.filter((edge) => touches(edge, node) && counts(edge));
  const inbound = evidence.inbound.filter((one) => one.node === node);
  const times = latest(incidentTimes([...edges, ...inbound].map(({ releaseNs }) => releaseNs)));
  const lengths = times.map((time) =>
    usualLength([...edges, ...inbound].flatMap((one) => (isWithin(one.releaseNs, time) ? one.durationNs : []))),
  );
  const rates = edgeRates(paths);
  const asked = evidence.asked.includes(node);
  return {
    incidents: times.map((time, i) => incidentAt(time, lengths[i] as number)),
    paths: [
      ...paths.map((path) => ({
        path,
        seen: times.map((time, i) => {
          if (path.sinceNs > time.fromNs) return null;
          const sighting = mostTelling(
            edges.filter((edge) => edge.from === path.from && edge.to === path.to && isWithin(edge.releaseNs, time)),
          );
          return sighting === undefined
            ? passed(shownShare(path, lengths[i] as number, rates))
            : sightedOn(path, sighting);
        }),
      })),
      ...(asked
        ? [
            {
              path: { inboundOf: node },
              seen: times.map((time) => {
                const sighting = inbound.find(({ releaseNs }) => isWithin(releaseNs, time));
                return sighting === undefined ? null : flowsSeen(sighting.flowsHeld, sighting.flowsExposed);
              }),
            },
          ]
        : []),
    ],
  };
}

/** Of a stall that the usual probes and a closer look have seen, the one that more flows tell of. */
function mostTelling(sightings: readonly EdgeSighting[]): EdgeSighting | undefined {
  const flows = ({ hit, exposed }: EdgeSighting): number =>
    [...hit, ...exposed].reduce((sum, one) => sum + one.flows.length, 0);
  return sightings.reduce<EdgeSighting | undefined>(
    (best, one) => (best === undefined || flows(one) > flows(best) ? one : best),
    undefined,
  );
}

function touches({ from, to }: { readonly from: string; readonly to: string }, node: string): boolean {
  return from === node || to === node;
}

function latest(times: readonly IncidentTime[]): readonly IncidentTime[] {
  return times.slice(-MOST_INCIDENTS);
}

function usualLength(lengths: readonly number[]): number {
  return lengths.length === 0 ? USUAL_STALL_NS : median(lengths);
}

function incidentAt({ fromNs, releaseNs }: IncidentTime, lengthNs: number): Omit<Observation, 'paths'> {
  return {
    kind: 'stall',
    heldBefore: null,
    startMinNs: fromNs - lengthNs,
    startMaxNs: releaseNs - lengthNs,
    releaseNs,
    fifo: 0,
    byFlow: 0,
    local: [],
    traced: [],
  };
}

/** Distinct stamps within the window. */
function stampsOf({ releaseNs }: ReleaseSeries): number[] {
  return [...new Set(releaseNs)].filter((stamp) => stamp >= 0);
}

/** Between two scrapes further apart than this the path was not watched. */
const LONGEST_GAP_NS = 150 * SECOND;

/**
 * What the scrapes around an incident say: that the path was held; that it was not, as the gauge stood still; or
 * nothing, as a later stall may have overwritten it, or nobody scraped.
 */
export function statusAt({ scrapedNs, releaseNs }: ReleaseSeries, time: IncidentTime): 'hit' | 'clean' | 'unknown' {
  if (releaseNs.some((stamp) => isWithin(stamp, time))) return 'hit';
  const after = scrapedNs.findIndex((scraped) => scraped > time.toNs);
  const before = after < 0 ? scrapedNs.length - 1 : after - 1;
  const [earlierNs, laterNs] = [scrapedNs[before], scrapedNs[after]];
  if (earlierNs === undefined || laterNs === undefined || laterNs - earlierNs > LONGEST_GAP_NS) return 'unknown';
  return (releaseNs[after] as number) > time.toNs ? 'unknown' : 'clean';
}

function pathAt(path: PathReleases, time: IncidentTime, lengthNs: number, rates: EdgeRates): PathObservation | null {
  switch (statusAt(path, time)) {
    case 'hit':
      return {
        ...NOTHING,
        freshHeld: 1,
        heldProbes: Math.max(1, Math.round(path.probesPerSecond * (lengthNs / SECOND))),
      };
    case 'clean':
      return passed(shownShare(path, lengthNs, rates));
    case 'unknown':
      return null;
  }
}

function inboundAt(series: InboundReleases, time: IncidentTime): PathObservation | null {
  const at = series.releaseNs.findIndex((stamp) => isWithin(stamp, time));
  // That nothing was seen of arrivals says little: a stall of few flows is easily missed there.
  return at < 0 ? null : flowsSeen(series.flowsHeld[at] ?? 1, series.flowsExposed[at] ?? 1);
}

const NOTHING: PathObservation = { hit: [], clean: [], mixed: 0, freshHeld: 0, freshClean: 0, heldProbes: 0 };

/** Held probes of an edge, from which on it shows a stall. */
const LEAST_PROBES = 3;
/** How long a stall was is known from those that were seen, so that this chance is never certain. */
const [LEAST_SHOWN, MOST_SHOWN] = [0.1, 0.95];

/**
 * The chance that a path shows a stall of this length which holds it: probes of an edge come at even distances, three of
 * them must be held for a stall to be seen, and one of them must be of this path. Whether the other kinds of the edge are
 * held as well is for the inference to say: taken is the middle between all of them and none.
 */
function shownShare({ probesPerSecond, ...path }: FleetUnit & Rated, lengthNs: number, rates: EdgeRates): number {
  const seconds = lengthNs / SECOND;
  const shows = (perSecond: number | undefined): number =>
    Math.max(LEAST_SHOWN, Math.min(1, (perSecond ?? 0) * seconds - LEAST_PROBES + 1));
  const ofEdge = (shows(rates.get(edgeKey(path))) + shows(rates.get(unitKey(path)))) / 2;
  return Math.min(MOST_SHOWN, probesPerSecond * seconds) * ofEdge;
}

interface Rated {
  readonly probesPerSecond: number;
}

/** Probes a second on all paths of an edge, and on those of one kind. */
type EdgeRates = ReadonlyMap<string, number>;

function edgeRates(paths: readonly (FleetUnit & Rated)[]): EdgeRates {
  const rates = new Map<string, number>();
  for (const path of paths) {
    for (const key of [edgeKey(path), unitKey(path)]) rates.set(key, (rates.get(key) ?? 0) + path.probesPerSecond);
  }
  return rates;
}

function edgeKey({ from, to }: FleetEdge): string {
  return `${from}\0${to}`;
}

function unitKey(unit: FleetUnit): string {
  return `${edgeKey(unit)}\0${unit.kind}`;
}

/**
 * A path on which nothing was seen of a stall that it would have shown with this chance, had it been held: counted as
 * that part of one probe which passed.
 */
function passed(shown: number): PathObservation {
  return { ...NOTHING, freshClean: Math.min(1, Math.log1p(-shown) / Math.log(MISSED)) };
}

function flowsSeen(held: number, exposed: number): PathObservation {
  const freshHeld = Math.max(1, Math.round(held));
  return { ...NOTHING, freshHeld, freshClean: Math.max(0, Math.round(exposed) - freshHeld), heldProbes: freshHeld };
}

function sightedOn({ kind, protocol }: FleetPath, { hit, exposed }: EdgeSighting): PathObservation | null {
  const flowsOf = (all: EdgeSighting['hit']): readonly number[] =>
    all.find((one) => one.kind === kind && one.protocol === protocol)?.flows ?? [];
  const held = flowsOf(hit);
  const clean = flowsOf(exposed).filter((flow) => !held.includes(flow));
  if (held.length + clean.length === 0) return null;
  return { ...NOTHING, hit: [...held], clean, heldProbes: held.length };
}
