import type { Culprit } from '../model/culprit.js';
import { CodedError } from '../model/errors.js';
import type {
  EdgeSpike,
  FleetMember,
  FleetScreen,
  FleetSource,
  FleetUnit,
  InboundReleases,
  PathCounts,
  PathReleases,
  SuspectEvidence,
  TracedNode,
} from '../model/fleet/fleet-evidence.js';
import { EDGE_KINDS, EDGE_PROTOCOLS, type EdgeKind, type EdgeProtocol } from '../model/fleet/member.js';
import { metricName } from '../model/fleet/metrics-table.js';
import { isOverlay, type Overlay } from '../model/overlay.js';
import { MINUTE, SECOND } from '../model/time.js';
import { AgentNames } from './agent-names.js';
import * as queries from './fleet-queries.js';
import type { InstantValue, Labels, PrometheusApi, RangeValues } from './prometheus-api.js';
import { scrapedCulprit } from './scraped-culprit.js';

/** How far back the beginning of a fault is looked for, and how finely. */
const HISTORY_NS = 24 * 60 * MINUTE;
const STEP_NS = 10 * MINUTE;
/** Steps without a stall that do not end a fault. */
const MOST_QUIET_STEPS = 3;

/** A fleet as a store has it that scrapes its agents. */
export class PrometheusSource implements FleetSource {
  #names = new AgentNames([]);
  #nowS = 0;

  constructor(
    private readonly api: PrometheusApi,
    private readonly windowNs: number,
  ) {}

  /** CLOCK_REALTIME of the beginning of the window, in nanoseconds; known once the screen is. */
  get epochNs(): bigint {
    return BigInt(Math.round((this.#nowS - this.windowNs / SECOND) * 1000)) * 1_000_000n;
  }

  /** @throws CodedError E_NO_AGENTS where the store knows no agent */
  async screen(): Promise<FleetScreen> {
    const windowS = this.windowNs / SECOND;
    const infos = await this.api.instant(queries.membersQuery());
    if (infos.length === 0) {
      throw new CodedError(
        'E_NO_AGENTS',
        `this store has no series ${metricName('agent_info')}: it scrapes no agent, or none answered lately`,
        'let it scrape the agents (deploy/prometheus has the job), or ask them with --agents',
      );
    }
    // All further questions are about one instant, by the clock of the store.
    this.#nowS = Math.max(...infos.map(({ atS }) => atS));
    this.#names = new AgentNames(infos);
    const [blind, units, counts] = await Promise.all([
      this.api.instant(queries.blindQuery(windowS), this.#nowS),
      this.api.instant(queries.unitsQuery(), this.#nowS),
      this.api.instant(queries.countsQuery(windowS), this.#nowS),
    ]);
    const watched = units.flatMap(({ labels }) => this.#unitOf(labels) ?? []);
    return {
      windowNs: this.windowNs,
      members: this.#members(infos, blind, watched),
      units: watched,
      counts: this.#counts(counts),
      inbound: counts.flatMap(({ labels, value }) => {
        const node = labels.what === 'inbound' ? this.#names.nodeOf(labels) : undefined;
        return node === undefined ? [] : [{ node, stalls: value }];
      }),
    };
  }

  async suspects(nodes: readonly string[]): Promise<SuspectEvidence> {
    if (nodes.length === 0) return { from: 'scrapes', paths: [], inbound: [], spikes: [], traced: [] };
    const windowS = this.windowNs / SECOND;
    const instances = this.#names.instancesOf(nodes);
    const [own, others, arrivals, lengths] = await Promise.all([
      this.api.raw(queries.ownReleasesQuery(instances, windowS), this.#nowS),
      this.api.raw(queries.releasesToQuery(nodes, instances, windowS), this.#nowS),
      this.api.raw(queries.arrivalsQuery(instances, windowS), this.#nowS),
      this.api.instant(queries.lengthsQuery(nodes, instances, windowS), this.#nowS),
    ]);
    const known = new Map(lengths.map(({ labels, value }) => [seriesKey(labels, labels.what ?? ''), value]));
    return {
      from: 'scrapes',
      paths: [...own, ...others].flatMap((series) => this.#releasesOf(series, known) ?? []),
      inbound: this.#arrivals(arrivals),
      spikes: [...own, ...others].flatMap((series) => this.#spikesOf(series)),
      traced: this.#traced(arrivals),
    };
  }

  async since(nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (nodes.length === 0) return new Map();
    const instances = this.#names.instancesOf(nodes);
    const query = queries.historyQuery(nodes, instances, STEP_NS / SECOND);
    const series = await this.api.range(query, this.#nowS - HISTORY_NS / SECOND, this.#nowS, STEP_NS / SECOND);
    const result = new Map<string, number>();
    for (const { labels, timesS } of series) {
      const node = labels.to ?? this.#names.nodeOf(labels);
      const first = beginning(timesS, this.#nowS);
      if (node === undefined || first === undefined) continue;
      // Somewhen in that step: only one that ends before the window tells of a stall before it.
      const byNs = this.#instant(first);
      if (byNs <= 0) result.set(node, Math.min(result.get(node) ?? 0, byNs, -1));
    }
    return result;
  }

  #members(infos: readonly InstantValue[], blind: readonly InstantValue[], units: readonly FleetUnit[]): FleetMember[] {
    const because = new Map(blind.map(({ labels }) => [this.#names.nodeOf(labels), blindWords(labels.why)]));
    const heard = new Map<string, FleetMember>();
    for (const { labels } of infos) {
      const node = this.#names.nodeOf(labels);
      if (node === undefined) continue;
      const why = because.get(node);
      const zone = labels.exported_zone ?? labels.zone;
      heard.set(node, {
        node,
        zone: zone === '' ? undefined : zone,
        overlay: isOverlay(labels.overlay ?? '') ? (labels.overlay as Overlay) : undefined,
        agent: why === undefined ? { state: 'watching' } : { state: 'blind', because: why },
      });
    }
    const silent = new Set(units.map(({ to }) => to).filter((node) => !heard.has(node)));
    return [...heard.values(), ...[...silent].map((node): FleetMember => ({ node, agent: { state: 'silent' } }))];
  }

  #unitOf(labels: Labels): FleetUnit | undefined {
    const from = this.#names.nodeOf(labels);
    const { to, kind } = labels;
    return from === undefined || to === undefined || !isKind(kind) ? undefined : { from, to, kind };
  }

  #counts(counts: readonly InstantValue[]): PathCounts[] {
    return counts.flatMap(({ labels, value }) => {
      const unit = this.#unitOf(labels);
      const { protocol, what } = labels;
      if (unit === undefined || !isProtocol(protocol) || !Number.isFinite(value)) return [];
      return [{ ...unit, protocol, stalls: what === 'stalls' ? value : 0, lost: what === 'lost' ? value : 0 }];
    });
  }

  #releasesOf({ labels, timesS, values }: RangeValues, known: ReadonlyMap<string, number>): PathReleases | undefined {
    const unit = this.#unitOf(labels);
    const { protocol } = labels;
    if (unit === undefined || !isProtocol(protocol)) return undefined;
    const heldS = known.get(seriesKey(labels, 'held'));
    return {
      ...unit,
      protocol,
      scrapedNs: timesS.map((time) => this.#instant(time)),
      releaseNs: values.map((time) => this.#instant(time)),
      heldNs: heldS === undefined || !Number.isFinite(heldS) ? undefined : heldS * SECOND,
      probesPerSecond: known.get(seriesKey(labels, 'rate')) ?? 0,
    };
  }

  #spikesOf({ labels, values }: RangeValues): EdgeSpike[] {
    const from = this.#names.nodeOf(labels);
    const { to } = labels;
    const isSpike = labels.__name__ === metricName('edge_last_spike_timestamp_seconds');
    if (!isSpike || from === undefined || to === undefined) return [];
    const instants = [...new Set(values)].map((time) => this.#instant(time));
    return instants.filter((releaseNs) => releaseNs >= 0).map((releaseNs) => ({ from, to, releaseNs }));
  }

  #arrivals(series: readonly RangeValues[]): InboundReleases[] {
    const gauge = (name: Parameters<typeof metricName>[0], instance: string | undefined): RangeValues | undefined =>
      series.find(({ labels }) => labels.__name__ === metricName(name) && labels.instance === instance);
    return series.flatMap(({ labels, timesS, values }) => {
      const node = this.#names.nodeOf(labels);
      const isRelease = labels.__name__ === metricName('inbound_last_release_timestamp_seconds');
      if (node === undefined || !isRelease || !(labels.place === 'receive' || labels.place === 'all')) return [];
      const held = gauge('inbound_flows_held', labels.instance);
      const exposed = gauge('inbound_flows_exposed', labels.instance);
      return [
        {
          node,
          scrapedNs: timesS.map((time) => this.#instant(time)),
          releaseNs: values.map((time) => this.#instant(time)),
          flowsHeld: timesS.map((time) => valueAt(held, time)),
          flowsExposed: timesS.map((time) => valueAt(exposed, time)),
        },
      ];
    });
  }

  /** By node those whom its kernel named last before each scrape. */
  #traced(series: readonly RangeValues[]): TracedNode[] {
    const named = new Map<string, Culprit[]>();
    for (const { labels, timesS, values } of series) {
      const node = this.#names.nodeOf(labels);
      if (node === undefined || labels.__name__ !== metricName('culprit_last_release_timestamp_seconds')) continue;
      const waits = series.find(
        (other) =>
          other.labels.__name__ === metricName('culprit_last_wait_seconds') &&
          other.labels.instance === labels.instance &&
          other.labels.class === labels.class &&
          other.labels.process === labels.process &&
          other.labels.syscall === labels.syscall,
      );
      const all = named.get(node) ?? [];
      for (const [i, release] of values.entries()) {
        if (values[i - 1] === release) continue;
        const waitNs = valueAt(waits, timesS[i] as number) * SECOND;
        const culprit = scrapedCulprit(labels, this.#instant(release), Math.round(waitNs));
        if (culprit !== undefined && culprit.release >= 0) all.push(culprit);
      }
      named.set(node, all);
    }
    // How long the trace was on, and what it lost, is in no series: only what it told counts.
    return [...named].map(([node, culprits]) => ({
      node,
      culprits,
      tracedFromNs: Number.POSITIVE_INFINITY,
      lostEvents: 0,
      minNs: 0,
    }));
  }

  /** Nanoseconds since the beginning of the window. */
  #instant(seconds: number): number {
    return Math.round((seconds - this.#nowS) * SECOND) + this.windowNs;
  }
}

/** Of the same scrape, which the samples of one target share. */
function valueAt(series: RangeValues | undefined, timeS: number): number {
  const at = series?.timesS.indexOf(timeS) ?? -1;
  return at < 0 ? 0 : (series?.values[at] ?? 0);
}

function blindWords(why: string | undefined): string {
  return why === 'throttled' ? 'its CPU quota stopped it' : 'it was paused for a part of the window';
}

/** The first of the steps that lead up to now without a long quiet between them. */
function beginning(timesS: readonly number[], nowS: number): number | undefined {
  let first: number | undefined;
  let nextS = nowS;
  for (const timeS of timesS.toReversed()) {
    if (nextS - timeS > (MOST_QUIET_STEPS + 1) * (STEP_NS / SECOND)) break;
    first = timeS;
    nextS = timeS;
  }
  return first;
}

function seriesKey({ instance = '', to = '', kind = '', protocol = '' }: Labels, what: string): string {
  return [instance, to, kind, protocol, what].join('\0');
}

function isKind(kind: string | undefined): kind is EdgeKind {
  return (EDGE_KINDS as readonly (string | undefined)[]).includes(kind);
}

function isProtocol(protocol: string | undefined): protocol is EdgeProtocol {
  return (EDGE_PROTOCOLS as readonly (string | undefined)[]).includes(protocol);
}
