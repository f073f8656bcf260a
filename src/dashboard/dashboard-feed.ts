import type { Pause } from '../model/engine-event.js';
import type { Finding } from '../model/finding.js';
import type { Outage } from '../model/outage.js';
import type { QualityRecord, RunRecord } from '../model/records/run.js';
import type { SampleColumns } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import type { Incident, Verdict } from '../model/verdict.js';

/** Where a vantage stands; a run of one prober has one vantage. */
export type VantageState = 'starting' | 'running' | 'ended' | 'failed';

/** What held the CPU, in words: the dashboard shows them as they are. */
export interface CulpritWords {
  /** When it let go, in nanoseconds since the epoch of the run. */
  readonly releaseNs: number;
  /** `kubelet[1423] in read(), CPU 3, 128 ms`. */
  readonly headline: string;
  /** Further lines, a stack for instance. */
  readonly details: readonly string[];
}

/** What a source tells the dashboard. Instants are nanoseconds since the epoch of the run, on one time line. */
export type DashboardEvent =
  /** A prober has started. Every record adds its paths; they are numbered in the order in which they come. */
  | { readonly kind: 'run'; readonly run: RunRecord; readonly vantage?: string }
  /** `paths[samples.path[i]]` is the name of the path of sample i. The columns are read at once and not kept. */
  | { readonly kind: 'samples'; readonly samples: SampleColumns; readonly paths: readonly string[] }
  | { readonly kind: 'finding'; readonly finding: Finding }
  /** A path went silent, or answers again. */
  | { readonly kind: 'outage'; readonly outage: Outage }
  | { readonly kind: 'incident'; readonly incident: Incident }
  /** Totals and the smallest detectable stall, as they stand. */
  | { readonly kind: 'summaries'; readonly summaries: readonly Summary[] }
  /** Of one vantage where there are several. */
  | { readonly kind: 'quality'; readonly quality: QualityRecord; readonly vantage?: string }
  | { readonly kind: 'pause'; readonly pause: Pause; readonly vantage?: string }
  /** Where the inference stands: the verdict it would give now, and what it still waits for. */
  | { readonly kind: 'standing'; readonly verdict: Verdict; readonly waitsFor: string; readonly settled: boolean }
  | { readonly kind: 'culprit'; readonly culprit: CulpritWords }
  | { readonly kind: 'vantage'; readonly vantage: string; readonly state: VantageState; readonly why?: string }
  /** What would be printed on standard error. */
  | { readonly kind: 'message'; readonly text: string }
  /** Time has passed, samples or not. */
  | { readonly kind: 'clock'; readonly timeNs: number };

/**
 * The port between whoever has events (a live run, a replay) and the dashboard. Taking an event in is cheap and never
 * waits for the terminal: frames are dropped where it cannot follow, events never.
 */
export interface DashboardFeed {
  take(event: DashboardEvent): void;
}
