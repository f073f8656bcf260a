import type { Finding } from '../../model/finding.js';
import type { RunRecord } from '../../model/records/run.js';
import { Outcomes, type SampleColumns } from '../../model/sample.js';
import type { Coverage } from '../../model/summary.js';
import { MS, SECOND } from '../../model/time.js';
import { LogHistogram } from '../../stats/log-histogram.js';
import { PathHistory } from './path-history.js';
import { PathSeconds } from './path-seconds.js';

/** Stalls remembered for the strip and for going from one to the next. */
const STALLS_KEPT = 200;
/** Quantiles are read again after this much time of the run: reading them costs more than a frame should. */
const QUANTILES_EVERY_NS = 500 * MS;
/** A held view stays at least so long before the next stall takes its place. */
const HELD_AT_LEAST_NS = 3 * SECOND;

export type PlannedRunPath = RunRecord['paths'][number];

/** What waited until one instant, for the strip; loss episodes and spikes are not of its kind. */
export type Held = Finding & { kind: 'stall' | 'slow-drain' };

export interface RttFigures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the dashboard knows of one path, since the start or the last reset. Changed in place: samples are many. */
export class PathState {
  readonly history: PathHistory;
  readonly seconds = new PathSeconds();
  #rtt = new LogHistogram(7);
  #figures: { readonly atNs: number; readonly value: RttFigures } | undefined;
  sent = 0;
  received = 0;
  late = 0;
  lost = 0;
  errors = 0;
  stalls = 0;
  spikes = 0;
  selfInflicted = 0;
  /** Since when, and of which stall, a view of now shows the stall instead. */
  trigger: { readonly finding: Held; readonly sinceNs: number } | undefined;
  readonly held: Held[] = [];
  /** Findings of requests, each with the phase that it waited in. */
  readonly slow: Finding[] = [];
  /** The last finding of any kind, not self-inflicted, and when the dashboard was told. */
  lastFinding: { readonly finding: Finding; readonly toldNs: number } | undefined;
  coverage: Coverage | null | undefined;
  sendErrorNs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;

  constructor(
    readonly planned: PlannedRunPath,
    readonly vantage: string | undefined,
    capacity: number,
  ) {
    this.history = new PathHistory(capacity);
  }

  get name(): string {
    return this.planned.path;
  }

  takeSample(samples: SampleColumns, i: number): void {
    this.history.push(samples, i);
    const outcome = samples.outcome[i] as number;
    const sentNs = samples.sentNs[i] as number;
    const rttNs = samples.rttNs[i] as number;
    switch (outcome) {
      case Outcomes.reply:
        this.sent += 1;
        this.received += 1;
        this.#rtt.record(rttNs);
        this.seconds.add(sentNs, rttNs);
        return;
      case Outcomes.late:
        // It was told as lost before, and counted.
        if (this.lost > 0) this.lost -= 1;
        else this.sent += 1;
        this.received += 1;
        this.late += 1;
        this.#rtt.record(rttNs);
        this.seconds.takeBack(sentNs, rttNs);
        return;
      case Outcomes.lost:
        this.sent += 1;
        this.lost += 1;
        this.seconds.addLost(sentNs);
        return;
      case Outcomes.error:
        this.sent += 1;
        this.errors += 1;
        this.seconds.addLost(sentNs);
        return;
      default:
    }
  }

  takeFinding(finding: Finding, nowNs: number): void {
    if (finding.selfInflicted) {
      this.selfInflicted += 1;
      return;
    }
    this.lastFinding = { finding, toldNs: nowNs };
    if (finding.kind === 'stall') this.stalls += 1;
    if (finding.kind === 'rtt-spike') this.spikes += 1;
    if (finding.request !== undefined) {
      this.slow.push(finding);
      if (this.slow.length > STALLS_KEPT) this.slow.shift();
    }
    if (finding.kind !== 'stall' && finding.kind !== 'slow-drain') return;
    this.held.push(finding);
    if (this.held.length > STALLS_KEPT) this.held.shift();
    if (this.trigger === undefined || nowNs - this.trigger.sinceNs >= HELD_AT_LEAST_NS) {
      this.trigger = { finding, sinceNs: nowNs };
    }
  }

  /** Null while nothing was answered. */
  rtt(nowNs: number): RttFigures | null {
    if (this.#rtt.count === 0) return null;
    if (this.#figures === undefined || Math.abs(nowNs - this.#figures.atNs) >= QUANTILES_EVERY_NS) {
      const value = { p50: this.#rtt.quantile(0.5), p99: this.#rtt.quantile(0.99), max: this.#rtt.max };
      this.#figures = { atNs: nowNs, value };
    }
    // The largest is known without a search, and a stall should show at once.
    return { ...this.#figures.value, max: this.#rtt.max };
  }

  get lossRatio(): number {
    return this.sent === 0 ? 0 : this.lost / this.sent;
  }

  /** Starts counting anew; what the strip remembers goes too. */
  reset(): void {
    this.#rtt = new LogHistogram(7);
    this.#figures = undefined;
    this.sent = 0;
    this.received = 0;
    this.late = 0;
    this.lost = 0;
    this.errors = 0;
    this.stalls = 0;
    this.spikes = 0;
    this.selfInflicted = 0;
    this.trigger = undefined;
    this.lastFinding = undefined;
    this.held.length = 0;
    this.slow.length = 0;
    this.history.clear();
    this.seconds.clear();
  }
}
