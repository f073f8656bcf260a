import { hashWords, unit } from '../../../src/engines/sim/faults/chance.js';
import type {
  EdgeSpike,
  FleetScreen,
  FleetSource,
  InboundReleases,
  PathCounts,
  PathReleases,
  ReleaseSeries,
  SuspectEvidence,
} from '../../../src/model/fleet/fleet-evidence.js';
import { SECOND } from '../../../src/model/time.js';
import {
  EDGE_INTERVAL_NS,
  EDGE_PATHS,
  edgeKey,
  nodeName,
  pathKey,
  type SeenStalls,
  type SimulatedFleet,
  zoneOf,
} from './fleet-model.js';

/** A gauge that never saw a stall. */
export const NO_RELEASE_NS = -1e18;

/** Answers as a store would that had scraped a simulated fleet. */
export class SimulatedSource implements FleetSource {
  constructor(private readonly fleet: SimulatedFleet) {}

  screen(): Promise<FleetScreen> {
    const { model, nodes, neighbours, throttled } = this.fleet;
    return Promise.resolve({
      windowNs: model.windowNs,
      members: nodes.map((node) => ({
        node: nodeName(node),
        zone: model.zonesKnown ? zoneOf(node, model) : undefined,
        agent: throttled.has(node) ? { state: 'blind', because: 'its CPU quota stopped it' } : { state: 'watching' },
      })),
      units: nodes.flatMap((node) =>
        (neighbours.get(node) ?? []).flatMap((to) =>
          (['node', 'pod', 'nodeport'] as const).map((kind) => ({ from: nodeName(node), to: nodeName(to), kind })),
        ),
      ),
      counts: [...this.fleet.stalls].flatMap(([key, seen]): PathCounts[] => {
        const { from, to, path } = parts(key);
        const stalls = increase(seen, scrapesOf(this.fleet, from), model.windowNs);
        return stalls > 0 ? [{ from: nodeName(from), to: nodeName(to), ...pathAt(path), stalls, lost: 0 }] : [];
      }),
      inbound: [...this.fleet.arrivals].map(([node, seen]) => ({
        node: nodeName(node),
        stalls: increase(seen, scrapesOf(this.fleet, node), model.windowNs),
      })),
    });
  }

  suspects(names: readonly string[]): Promise<SuspectEvidence> {
    const { nodes, neighbours, arrivals } = this.fleet;
    const wanted = new Set(names);
    const paths = nodes.flatMap((from) =>
      (neighbours.get(from) ?? []).flatMap((to) =>
        wanted.has(nodeName(from)) || wanted.has(nodeName(to))
          ? EDGE_PATHS.map((_, path) => this.#releasesOf(from, to, path))
          : [],
      ),
    );
    const inbound = nodes.flatMap((node): InboundReleases[] => {
      const seen = arrivals.get(node);
      if (!wanted.has(nodeName(node)) || seen === undefined) return [];
      const scrapedNs = scrapesOf(this.fleet, node);
      const last = scrapedNs.map((scraped) => lastBefore(seen, scraped));
      return [
        {
          node: nodeName(node),
          scrapedNs,
          releaseNs: last.map((at) => seen.releaseNs[at] ?? NO_RELEASE_NS),
          flowsHeld: last.map((at) => seen.flowsHeld[at] ?? 0),
          flowsExposed: last.map((at) => seen.flowsExposed[at] ?? 0),
        },
      ];
    });
    const spikes = nodes.flatMap((from) =>
      (neighbours.get(from) ?? []).flatMap((to) => (wanted.has(nodeName(to)) ? this.#spikesOf(from, to) : [])),
    );
    return Promise.resolve({ from: 'scrapes', paths, inbound, spikes, traced: [] });
  }

  since(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  #spikesOf(from: number, to: number): EdgeSpike[] {
    const releaseNs = this.fleet.spikes.get(edgeKey(from, to));
    if (releaseNs === undefined) return [];
    const last = scrapesOf(this.fleet, from).map((scraped) => releaseNs[lastBefore({ releaseNs }, scraped)]);
    return [...new Set(last)].flatMap((release) =>
      release === undefined || release < 0 ? [] : { from: nodeName(from), to: nodeName(to), releaseNs: release },
    );
  }

  #releasesOf(from: number, to: number, path: number): PathReleases {
    const seen = this.fleet.stalls.get(pathKey(from, to, path));
    const joinedNs = this.fleet.joinedNs.get(to) ?? 0;
    const scrapedNs = scrapesOf(this.fleet, from).filter((scraped) => scraped >= joinedNs);
    return {
      from: nodeName(from),
      to: nodeName(to),
      ...pathAt(path),
      ...gauge(seen, scrapedNs),
      heldNs: seen === undefined ? undefined : seen.heldNs.reduce((a, b) => a + b, 0) / seen.heldNs.length,
      probesPerSecond: SECOND / EDGE_INTERVAL_NS / EDGE_PATHS.length,
    };
  }
}

function gauge(seen: SeenStalls | undefined, scrapedNs: readonly number[]): ReleaseSeries {
  return {
    scrapedNs,
    releaseNs: scrapedNs.map((scraped) =>
      seen === undefined ? NO_RELEASE_NS : (seen.releaseNs[lastBefore(seen, scraped)] ?? NO_RELEASE_NS),
    ),
  };
}

/** A stall is counted about a second after its release. */
const TOLD_AFTER_NS = 1.2 * SECOND;

export function lastBefore({ releaseNs }: { readonly releaseNs: readonly number[] }, scrapedNs: number): number {
  let last = -1;
  for (const [i, release] of releaseNs.entries()) if (release + TOLD_AFTER_NS <= scrapedNs) last = i;
  return last;
}

/** Beyond the first and last scrape Prometheus extrapolates by so many of their intervals, no more. */
const EXTRAPOLATED = 1.1;

/** As `increase()` has it. */
function increase(seen: SeenStalls, scrapedNs: readonly number[], windowNs: number): number {
  const [first, last] = [scrapedNs[0], scrapedNs.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0;
  const interval = (last - first) / (scrapedNs.length - 1);
  const beyond = (gap: number): number => (gap < EXTRAPOLATED * interval ? gap : interval / 2);
  const covered = last - first + beyond(first) + beyond(windowNs - last);
  return ((lastBefore(seen, last) - lastBefore(seen, first)) * covered) / (last - first);
}

/** When an agent was scraped; some scrapes fail. */
export function scrapesOf({ model, joinedNs }: SimulatedFleet, node: number): number[] {
  const { seed, scrapeNs, windowNs, lostScrapes } = model;
  const phaseNs = hashWords(seed, node, 31) % scrapeNs;
  const count = Math.ceil((windowNs - phaseNs) / scrapeNs);
  return Array.from({ length: count }, (_, i) => phaseNs + i * scrapeNs).filter(
    (at, i) => at >= (joinedNs.get(node) ?? 0) && unit(hashWords(seed, node, 37, i)) >= lostScrapes,
  );
}

export function parts(key: string): { from: number; to: number; path: number } {
  const [, from, to, path] = /^(\d+)>(\d+)\/(\d+)$/.exec(key) as unknown as string[];
  return { from: Number(from), to: Number(to), path: Number(path) };
}

function pathAt(path: number): (typeof EDGE_PATHS)[number] {
  return EDGE_PATHS[path] as (typeof EDGE_PATHS)[number];
}
