import type { Pause } from '../../model/engine-event.js';
import type { Finding } from '../../model/finding.js';
import { type EdgePath, edgeName } from '../../model/fleet/edge.js';
import type { EdgeKind, EdgeProtocol } from '../../model/fleet/member.js';
import {
  allocateSamples,
  copySample,
  FRESH_FLOW,
  Outcomes,
  type SampleColumns,
  SampleFlags,
} from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { RunningMedian } from '../../stats/running-median.js';
import { createDetectorBank, type DetectorBank } from '../detector-bank.js';

/** Flows of one path of an edge. */
export interface PathFlows {
  readonly kind: EdgeKind;
  readonly protocol: EdgeProtocol;
  readonly flows: readonly number[];
}

/** Something seen on the way to one neighbour. Instants count from the epoch of the run. */
export interface SeenOnEdge {
  readonly to: string;
  readonly hit: readonly PathFlows[];
  readonly exposed: readonly PathFlows[];
  /** Numbers, in the list given, of the paths with a held flow. */
  readonly paths: readonly number[];
  readonly finding: Finding;
}

/** What was counted of one path. */
/** Never less than before, as counters are. */
export interface EdgeCounts {
  probes: number;
  lost: number;
}

/** What the counts of an edge go into. */
export interface EdgeAbout {
  countsOf(path: EdgePath): EdgeCounts;
  onRtt(kind: EdgeKind, rttNs: number): void;
}

/** In place of the usual RTT of each path, so that paths of different length are one. */
const BASE_NS = 1 * MS;

interface Placed {
  readonly edge: number;
  /** Number of its first flow on the edge. */
  readonly firstFlow: number;
  readonly path: EdgePath;
  readonly usual: RunningMedian;
  readonly counts: EdgeCounts;
}

/**
 * Watches an agent's paths, all of one neighbour together: a stall of a machine holds probes of each kind and protocol,
 * and of one path alone too few to be told by. Each RTT counts as what it is above the usual one of its path. Pure.
 */
export class EdgeWatch {
  readonly #paths: readonly Placed[];
  readonly #edges: readonly { readonly to: string; readonly paths: readonly Placed[] }[];
  readonly #bank: DetectorBank;
  readonly #onRtt: (kind: EdgeKind, rttNs: number) => void;

  /**
   * @param paths in the order in which samples refer to them
   * @param about where counts go, and who hears of every answer
   */
  constructor(from: string, paths: readonly EdgePath[], waitNs: number, about: EdgeAbout) {
    const edges = [...new Set(paths.map(({ to }) => to))];
    const nextFlow = edges.map(() => 0);
    this.#paths = paths.map((path) => {
      const edge = edges.indexOf(path.to);
      const firstFlow = nextFlow[edge] as number;
      nextFlow[edge] = firstFlow + path.flows;
      return { edge, firstFlow, path, usual: new RunningMedian(), counts: about.countsOf(path) };
    });
    this.#edges = edges.map((to, edge) => ({ to, paths: this.#paths.filter((path) => path.edge === edge) }));
    this.#onRtt = about.onRtt;
    this.#bank = createDetectorBank(
      this.#edges.map(({ to, paths: own }, edge) => ({
        name: edgeName(from, to),
        intervalNs: 1 / own.reduce((sum, { path }) => sum + 1 / path.intervalNs, 0),
        flows: nextFlow[edge] as number,
        protocol: 'icmp',
        freshPerSecond: 0,
      })),
      { thresholdNs: 100 * MS, waitNs },
    );
  }

  push(samples: SampleColumns): SeenOnEdge[] {
    const own = allocateSamples(samples.length);
    let length = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const placed = this.#paths[samples.path[i] as number];
      if (placed === undefined || samples.flow[i] === FRESH_FLOW) continue;
      if (!this.#count(placed, samples, i)) continue;
      copySample(samples, i, own, length);
      own.path[length] = placed.edge;
      own.flow[length] = placed.firstFlow + (samples.flow[i] as number);
      // Numbers of several paths must stay apart: losses are taken back by them.
      own.seq[length] = ((samples.seq[i] as number) * 64 + (samples.path[i] as number)) >>> 0;
      const rttNs = samples.rttNs[i] as number;
      if (rttNs >= 0) own.rttNs[length] = Math.max(10_000, Math.round(BASE_NS + rttNs - placed.usual.median));
      length += 1;
    }
    return length === 0 ? [] : this.#seen(this.#bank.push({ ...own, length }));
  }

  pause(pause: Pause): void {
    this.#bank.pause(pause);
  }

  advance(nowNs: number): SeenOnEdge[] {
    return this.#seen(this.#bank.advance(nowNs));
  }

  finish(nowNs: number): SeenOnEdge[] {
    return this.#seen(this.#bank.finish(nowNs));
  }

  /** @returns whether the sample can be judged: not before the usual RTT of its path is known */
  #count({ usual, counts, path }: Placed, samples: SampleColumns, i: number): boolean {
    const outcome = samples.outcome[i] as number;
    // A late answer was counted before, as sent and as lost: what nothing answered in time.
    if (outcome !== Outcomes.late) counts.probes += 1;
    if (outcome === Outcomes.lost || outcome === Outcomes.error) counts.lost += 1;
    const rttNs = samples.rttNs[i] as number;
    const isAnswer =
      outcome <= Outcomes.late && rttNs >= 0 && ((samples.flags[i] as number) & SampleFlags.clockStep) === 0;
    if (isAnswer) {
      this.#onRtt(path.kind, rttNs);
      usual.push(rttNs);
    }
    return usual.ready;
  }

  #seen(findings: readonly Finding[]): SeenOnEdge[] {
    return findings.flatMap((finding) => {
      const edge = this.#edges.find(({ to }) => finding.path.endsWith(`>${to}/edge`));
      if (edge === undefined) return [];
      const hit = flowsByPath(edge.paths, finding.flowsHit);
      const exposed = flowsByPath(edge.paths, finding.flowsExposed);
      const paths = edge.paths
        .filter(({ firstFlow, path }) =>
          finding.flowsHit.some((flow) => flow >= firstFlow && flow < firstFlow + path.flows),
        )
        .map((placed) => this.#paths.indexOf(placed));
      return [{ to: edge.to, hit, exposed, paths, finding }];
    });
  }
}

function flowsByPath(paths: readonly Placed[], flows: readonly number[]): PathFlows[] {
  return paths.flatMap(({ firstFlow, path }) => {
    const own = flows.filter((flow) => flow >= firstFlow && flow < firstFlow + path.flows);
    return own.length === 0
      ? []
      : [{ kind: path.kind, protocol: path.protocol, flows: own.map((flow) => flow - firstFlow) }];
  });
}

/** Edges with a stall that ended within this of each other stall together. */
const TOGETHER_NS = 2 * SECOND;
const LEAST_EDGES = 3;

/** Whether most edges of an agent stall together: then the cause is on its own side, or everywhere. Pure. */
export class MostEdges {
  #stalls: { readonly to: string; readonly releaseNs: number }[] = [];

  /** @returns whether this stall is one of most edges at once */
  take(to: string, releaseNs: number, edges: number): boolean {
    this.#stalls = this.#stalls.filter((stall) => Math.abs(stall.releaseNs - releaseNs) < TOGETHER_NS);
    this.#stalls.push({ to, releaseNs });
    const together = new Set(this.#stalls.map((stall) => stall.to)).size;
    return edges >= LEAST_EDGES && together > edges / 2;
  }
}
