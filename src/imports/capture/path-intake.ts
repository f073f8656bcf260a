import type { Protocol } from '../../model/protocol.js';
import {
  allocateSamples,
  copySample,
  FRESH_FLOW,
  type SampleColumns,
  SampleFlags,
  takeSamples,
} from '../../model/sample.js';
import { SECOND } from '../../model/time.js';

/** Probes of a path from which its spacing and its flows are learned; until then they wait. */
const WARM_UP = 128;
/** More source ports than this, each used again, are no set of fixed flows. */
const MOST_FLOWS = 1_024;
/** Distances within this share of their median make a regular series. */
const REGULAR_WITHIN = 0.25;
const REGULAR_SHARE = 0.6;
/** The widest gaps are those between two runs. */
const LEFT_OUT_SHARE = 0.02;
const LEAST_INTERVAL_NS = 1_000;
const DEFAULT_INTERVAL_NS = 10_000_000;

/** What the first probes of a path show of how it was probed. */
export interface LearnedPath {
  readonly intervalNs: number;
  /** Source ports that were used more than once; at least 1. */
  readonly flows: number;
  readonly freshPerSecond: number;
  /** Probes come at one distance, as a prober sends them, and not as users do. */
  readonly regular: boolean;
  /** Each probe has a source port of its own. */
  readonly freshOnly: boolean;
}

interface Learning {
  columns: SampleColumns;
  length: number;
}

/**
 * Turns the source ports of samples into flows, once enough of a path is known to tell fixed ports from fresh ones.
 * The first samples of each path are held back until then.
 */
export class PathIntake {
  readonly #learning = new Map<number, Learning>();
  /** By path, flow by source port; undefined until the path is learned. */
  readonly #flows: (ReadonlyMap<number, number> | undefined)[] = [];

  /**
   * @param learned told before the first samples of a path are handed over
   * @param deliver samples with flows in place of ports; overwritten afterwards
   */
  constructor(
    private readonly protocolOf: (path: number) => Protocol,
    private readonly learned: (path: number, about: LearnedPath) => void,
    private readonly deliver: (samples: SampleColumns) => void,
  ) {}

  /** Whether probes from this port count as fresh, as far as is known. */
  isFresh(path: number, port: number): boolean {
    const flows = this.#flows[path];
    return flows !== undefined && flows.size > 0 && !flows.has(port);
  }

  /** The flow that a source port is; undefined for a port of its own, or while that is not known. */
  flowOf(path: number, port: number): number | undefined {
    return this.#flows[path]?.get(port);
  }

  /** Takes a batch; its columns are written to. */
  take(samples: SampleColumns): void {
    let kept = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const path = samples.path[i] as number;
      const flows = this.#flows[path];
      if (flows === undefined) {
        this.#hold(samples, i, path);
        continue;
      }
      if (kept !== i) copySample(samples, i, samples, kept);
      this.#setFlow(samples, kept, flows);
      kept += 1;
    }
    for (const [path, learning] of this.#learning) if (learning.length >= WARM_UP) this.#learn(path, learning);
    if (kept > 0) this.deliver(takeSamples(samples, kept));
  }

  /** No more will come: the paths with few probes are handed over too. */
  finish(): void {
    for (const [path, learning] of [...this.#learning].sort((a, b) => a[0] - b[0])) this.#learn(path, learning);
  }

  #hold(samples: SampleColumns, i: number, path: number): void {
    let learning = this.#learning.get(path);
    if (learning === undefined) {
      learning = { columns: allocateSamples(16), length: 0 };
      this.#learning.set(path, learning);
    }
    if (learning.length === learning.columns.length) {
      const larger = allocateSamples(learning.length * 2);
      for (let at = 0; at < learning.length; at += 1) copySample(learning.columns, at, larger, at);
      learning.columns = larger;
    }
    copySample(samples, i, learning.columns, learning.length);
    learning.length += 1;
  }

  #learn(path: number, { columns, length }: Learning): void {
    const samples = takeSamples(columns, length);
    const hasPorts = this.protocolOf(path) !== 'icmp';
    const flows = hasPorts ? fixedPorts(samples) : new Map([[0, 0]]);
    this.#flows[path] = flows;
    this.#learning.delete(path);
    this.learned(path, learn(samples, flows));
    for (let i = 0; i < length; i += 1) this.#setFlow(samples, i, flows);
    this.deliver(samples);
  }

  #setFlow(samples: SampleColumns, i: number, flows: ReadonlyMap<number, number>): void {
    const flow = flows.get(samples.flow[i] as number);
    samples.flow[i] = flow ?? FRESH_FLOW;
    if (flow === undefined) samples.flags[i] = (samples.flags[i] as number) | SampleFlags.freshFlow;
  }
}

/** Flow by source port, in the order of the ports. */
function fixedPorts(samples: SampleColumns): Map<number, number> {
  const counts = new Map<number, number>();
  const seen = new Set<number>();
  for (let i = 0; i < samples.length; i += 1) {
    // A late sample stands for a probe that was counted when it was lost.
    const seq = samples.seq[i] as number;
    if (seen.has(seq)) continue;
    seen.add(seq);
    const port = samples.flow[i] as number;
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  const fixed = [...counts].filter(([, count]) => count > 1).map(([port]) => port);
  if (fixed.length === 0 || fixed.length > MOST_FLOWS) return new Map();
  return new Map(fixed.sort((a, b) => a - b).map((port, flow) => [port, flow]));
}

function learn(samples: SampleColumns, flows: ReadonlyMap<number, number>): LearnedPath {
  const own = new Set<number>();
  let fresh = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const isFixed = flows.has(samples.flow[i] as number);
    if (isFixed || flows.size === 0) own.add(samples.sentNs[i] as number);
    if (!isFixed) fresh += 1;
  }
  const sent = [...own].sort((a, b) => a - b);
  const gaps = sent.slice(1).map((at, i) => at - (sent[i] as number));
  const spanNs = (sent.at(-1) ?? 0) - (sent[0] ?? 0);
  const { intervalNs, regular } = spacing(gaps);
  return {
    intervalNs: Math.max(LEAST_INTERVAL_NS, Math.round(intervalNs)),
    flows: Math.max(1, flows.size),
    freshPerSecond: flows.size === 0 || spanNs === 0 ? 0 : Math.round((fresh * SECOND * 10) / spanNs) / 10,
    regular,
    freshOnly: flows.size === 0,
  };
}

/** The distance of regular probes; of others their mean distance, without the widest gaps. */
function spacing(gaps: readonly number[]): { readonly intervalNs: number; readonly regular: boolean } {
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  if (median === undefined) return { intervalNs: DEFAULT_INTERVAL_NS, regular: false };
  const near = sorted.filter((gap) => Math.abs(gap - median) <= REGULAR_WITHIN * median).length;
  if (near >= REGULAR_SHARE * sorted.length) return { intervalNs: median, regular: true };
  const counted = sorted.slice(0, Math.max(1, Math.ceil(sorted.length * (1 - LEFT_OUT_SHARE))));
  return { intervalNs: counted.reduce((sum, gap) => sum + gap, 0) / counted.length, regular: false };
}
