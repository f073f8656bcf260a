import type { Finding } from '../../model/finding.js';
import { Outcomes, type SampleColumns, SampleFlags } from '../../model/sample.js';
import { MS } from '../../model/time.js';
import { Moments } from './moments.js';
import { PickedSamples } from './picked-samples.js';
import { RecentSamples } from './recent-samples.js';
import type { PathPlot } from './report-document.js';
import { PointGatherer, PointKinds, type SamplePoints } from './sample-points.js';

/** Buckets of all plots together; four points each at most. */
const BUCKETS = 65_536;
const FEWEST_BUCKETS = 128;
/** Samples around findings, beside those. */
const MOMENT_SAMPLES = 60_000;
const RECENT_SAMPLES = 262_144;
/** Held probes are answered within so much of the release, where it was not sharper. */
const SAME_RELEASE_NS = 2 * MS;

/** Paths drawn at most: those with findings before the others. */
export const MOST_PLOTS = 24;
/** Of all plots together. */
export const MOST_POINTS = BUCKETS * 5 + MOMENT_SAMPLES;

/** Picks from the samples of a run what its plots show, in memory that depends on the number of paths alone. */
export class PlotCollector {
  readonly #picked: readonly PickedSamples[];
  readonly #recent: readonly RecentSamples[];
  readonly #moments: Moments;
  readonly #samples: number[];
  #fromNs = Number.POSITIVE_INFINITY;
  #toNs = Number.NEGATIVE_INFINITY;

  constructor(private readonly paths: readonly string[]) {
    const buckets = Math.max(FEWEST_BUCKETS, 2 * Math.floor(BUCKETS / Math.max(4, paths.length) / 2));
    const recent = Math.min(8192, Math.max(1024, powerOfTwo(RECENT_SAMPLES / Math.max(1, paths.length))));
    this.#picked = paths.map(() => new PickedSamples(buckets));
    this.#recent = paths.map(() => new RecentSamples(recent));
    this.#moments = new Moments(MOMENT_SAMPLES, this.#recent);
    this.#samples = paths.map(() => 0);
  }

  /** Probes so far, and the time they cover. */
  get extent(): { readonly samples: number; readonly fromNs: number; readonly toNs: number } {
    const samples = this.#samples.reduce((sum, count) => sum + count, 0);
    return samples === 0 ? { samples, fromNs: 0, toNs: 0 } : { samples, fromNs: this.#fromNs, toNs: this.#toNs };
  }

  /** @param indices of the paths by their number in the samples */
  samples(samples: SampleColumns, indices?: readonly number[]): void {
    for (let index = 0; index < samples.length; index += 1) {
      const own = samples.path[index] as number;
      this.#sample(samples, index, indices === undefined ? own : (indices[own] ?? -1));
    }
    this.#moments.advance(this.#toNs);
  }

  finding(finding: Finding): void {
    this.#moments.finding(finding);
  }

  /** @param findings those that held probes are marked by */
  plots(findings: readonly Finding[]): { readonly plots: readonly PathPlot[]; readonly leftOut: readonly string[] } {
    this.#moments.finish();
    const weights = new Map<string, number>();
    for (const { path, probes, selfInflicted } of findings) {
      weights.set(path, (weights.get(path) ?? 0) + (selfInflicted ? 0.001 : 1) * probes);
    }
    const ranked = this.paths
      .map((name, path) => ({ name, path, weight: weights.get(name) ?? 0 }))
      .sort((a, b) => b.weight - a.weight || a.path - b.path);
    const plots = ranked.slice(0, MOST_PLOTS).map(({ name, path }) => {
      const gatherer = new PointGatherer();
      this.#picked[path]?.gather(gatherer);
      this.#moments.gather(path, gatherer);
      const points = gatherer.points();
      markHeld(
        points,
        findings.filter((finding) => finding.path === name),
      );
      const bucketNs = this.#picked[path]?.bucketNs ?? 0;
      return { path: name, samples: this.#samples[path] ?? 0, points, bucketNs };
    });
    return { plots, leftOut: ranked.slice(MOST_PLOTS).map(({ name }) => name) };
  }

  #sample(samples: SampleColumns, index: number, path: number): void {
    const picked = this.#picked[path];
    const outcome = samples.outcome[index] as number;
    const unusable =
      outcome === Outcomes.sendFailed || ((samples.flags[index] as number) & SampleFlags.clockStep) !== 0;
    if (picked === undefined || unusable) return;
    const sentNs = samples.sentNs[index] as number;
    const rttNs = samples.rttNs[index] as number;
    const flow = samples.flow[index] as number;
    if (sentNs < this.#fromNs) this.#fromNs = sentNs;
    if (sentNs > this.#toNs) this.#toNs = sentNs;
    if (rttNs < 0 && outcome !== Outcomes.lost) return;
    picked.add(sentNs, rttNs, flow, outcome === Outcomes.late);
    this.#recent[path]?.push(sentNs, rttNs, flow);
    // A late answer supersedes a loss that has been counted.
    if (outcome !== Outcomes.late) this.#samples[path] = (this.#samples[path] ?? 0) + 1;
  }
}

/** Marks the points that waited for the releases of stalls. */
export function markHeld(points: SamplePoints, findings: readonly Finding[]): void {
  for (const finding of findings) {
    if (finding.kind !== 'stall') continue;
    const slackNs = Math.max(SAME_RELEASE_NS, finding.releaseSpreadNs);
    for (let at = firstFrom(points.sentNs, finding.startMin); at < points.sentNs.length; at += 1) {
      const sentNs = points.sentNs[at] ?? 0;
      if (sentNs > finding.release) break;
      const rttNs = points.rttNs[at] ?? -1;
      const answered = rttNs > slackNs && !finding.flowsExposed.includes(points.flow[at] ?? 0);
      if (answered && sentNs >= finding.startMax && Math.abs(sentNs + rttNs - finding.release) <= slackNs) {
        points.kind[at] = PointKinds.held;
      }
    }
  }
}

function firstFrom(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function powerOfTwo(limit: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, limit)));
}
