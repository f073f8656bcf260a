import type { QualityRecord, RunRecord } from '../../model/records/run.js';
import type { CulpritWords } from '../dashboard-feed.js';
import type { Condition } from '../drawing/glyphs.js';
import type { DashboardState, Standing, VantageStanding } from './dashboard-state.js';
import type { LogEntry } from './incident-log.js';
import { conditionOf } from './path-condition.js';
import type { PathState, RttFigures } from './path-state.js';

/** The figures of a path at one moment. What the strip needs is read from `state`, up to the moment. */
export interface PathRow {
  readonly name: string;
  readonly state: PathState;
  readonly condition: Condition;
  readonly ratePerSecond: number | undefined;
  readonly sent: number;
  readonly lost: number;
  readonly late: number;
  readonly lossRatio: number;
  readonly rtt: RttFigures | null;
  readonly stalls: number;
  readonly spikes: number;
  readonly selfInflicted: number;
}

/** What the views show: the state at one moment. A paused dashboard goes on showing the same one. */
export interface Snapshot {
  readonly nowNs: number;
  readonly sinceNs: number;
  readonly run: RunRecord | undefined;
  /** CLOCK_REALTIME that instants count from. */
  readonly epochNs: bigint;
  readonly thresholdNs: number;
  readonly rows: readonly PathRow[];
  readonly log: readonly LogEntry[];
  readonly standing: Standing | undefined;
  readonly quality: readonly { readonly vantage: string; readonly record: QualityRecord }[];
  readonly culprits: readonly CulpritWords[];
  readonly vantages: ReadonlyMap<string, VantageStanding>;
  /** Pauses of a prober within the last while; findings in them convict nobody. */
  readonly pauses: readonly { readonly fromNs: number; readonly toNs: number }[];
}

export function takeSnapshot(state: DashboardState): Snapshot {
  const { nowNs, run, thresholdNs } = state;
  return {
    nowNs,
    sinceNs: state.sinceNs,
    run,
    epochNs: BigInt(run?.epochNs ?? 0),
    thresholdNs,
    rows: state.paths.map((path) => ({
      name: path.name,
      state: path,
      condition: conditionOf(path, nowNs, thresholdNs, state.vantages.get(path.vantage ?? '')?.state === 'failed'),
      ratePerSecond: path.seconds.rate(nowNs),
      sent: path.sent,
      lost: path.lost,
      late: path.late,
      lossRatio: path.lossRatio,
      rtt: path.rtt(nowNs),
      stalls: path.stalls,
      spikes: path.spikes,
      selfInflicted: path.selfInflicted,
    })),
    log: [...state.log.entries],
    standing: state.standing,
    quality: [...state.quality].map(([vantage, record]) => ({ vantage, record })),
    culprits: [...state.culprits],
    vantages: new Map(state.vantages),
    pauses: state.pauses.map(({ fromNs, toNs }) => ({ fromNs, toNs })),
  };
}

/** The worst of all paths: the one to look at first. Undefined while nothing is wrong. */
export function mostTroubled(rows: readonly PathRow[]): PathRow | undefined {
  const troubled = rows.filter((row) => row.stalls > 0 || row.condition === 'silent' || row.lost > 0);
  return [...troubled].sort(byTrouble)[0];
}

/** For sorting, the worst first. */
export function byTrouble(a: PathRow, b: PathRow): number {
  return b.stalls - a.stalls || b.lossRatio - a.lossRatio || (b.rtt?.max ?? 0) - (a.rtt?.max ?? 0);
}
