import type { Observation, PathObservation } from '../bisect/evidence/observation.js';
import { MISSED } from '../bisect/weigh/path-likelihood.js';
import type {
  EdgeSighting,
  FleetEdge,
  FleetPath,
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
  const times = latest(incidentTimes([...paths, ...inbound].flatMap(stampsOf)));
  const lengthNs = usualLength(paths.flatMap(({ heldNs }) => heldNs ?? []));
  return {
    incidents: times.map((time) => incidentAt(time, lengthNs)),
    paths: [
      ...paths.map((path) => ({
        path,
        seen: times.map((time) => pathAt(path, time, (lengthNs / SECOND) * path.probesPerSecond)),
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
  const asked = evidence.asked.includes(node);
  return {
    incidents: times.map((time, i) => incidentAt(time, lengths[i] as number)),
    paths: [
      ...paths.map((path) => ({
        path,
        seen: times.map((time, i) => {
          if (path.sinceNs > time.fromNs) return null;
          const sighting = edges.find(
            (edge) => edge.from === path.from && edge.to === path.to && isWithin(edge.releaseNs, time),
          );
          const underWay = ((lengths[i] as number) / SECOND) * path.probesPerSecond;
          return sighting === undefined ? passed(underWay) : sightedOn(path, sighting);
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
    startMaxNs: fromNs - lengthNs,
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

function pathAt(path: PathReleases, time: IncidentTime, underWay: number): PathObservation | null {
  switch (statusAt(path, time)) {
    case 'hit':
      return { ...NOTHING, freshHeld: 1, heldProbes: Math.max(1, Math.round(underWay)) };
    case 'clean':
      return passed(underWay);
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

/**
 * A path on which nothing was seen while `underWay` probes are to be expected in the stall. Had they all been held, the
 * chance that none was under way is exp(-underWay): counted as that part of one probe which passed.
 */
function passed(underWay: number): PathObservation {
  return { ...NOTHING, freshClean: Math.min(1, underWay / -Math.log(MISSED)) };
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
