import { type Choices, INITIAL_CHOICES } from '../../src/dashboard/choices/choices.js';
import type { Capabilities } from '../../src/dashboard/drawing/capabilities.js';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from '../../src/dashboard/drawing/glyphs.js';
import { type Line, type Style, textOf } from '../../src/dashboard/drawing/line.js';
import { DashboardState } from '../../src/dashboard/state/dashboard-state.js';
import { takeSnapshot } from '../../src/dashboard/state/snapshot.js';
import { type Screen, screenView } from '../../src/dashboard/views/screen-view.js';
import type { ViewContext } from '../../src/dashboard/views/view-context.js';
import type { Finding } from '../../src/model/finding.js';
import type { RunRecord } from '../../src/model/records/run.js';
import { allocateSamples, Outcomes, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { buildStream, findIn, type StreamOptions } from '../detect/build-stream.js';
import { quality, run } from '../report/build-run.js';

export const UNICODE: Capabilities = { glyphs: UNICODE_GLYPHS, colour: true };
export const ASCII: Capabilities = { glyphs: ASCII_GLYPHS, colour: false };
export const PATH = 'local>172.16.47.27:30927/syn';

/** A record of a run over paths of one kind; it began at 14:14:33.411 UTC. */
export function runOf(paths: readonly string[], settings: Partial<RunRecord['paths'][number]> = {}): RunRecord {
  const planned = run.paths[0];
  if (planned === undefined) throw new Error('the run has no path');
  return {
    ...run,
    epochNs: '1795270473411000000',
    paths: paths.map((path) => ({ ...planned, ...settings, path })),
  };
}

export interface Probe {
  readonly sentNs: number;
  readonly rttNs?: number;
  readonly flow?: number;
  readonly seq?: number;
  readonly outcome?: number;
  readonly path?: number;
}

export function columnsOf(probes: readonly Probe[]): SampleColumns {
  const samples = allocateSamples(probes.length);
  for (const [i, probe] of probes.entries()) {
    samples.path[i] = probe.path ?? 0;
    samples.seq[i] = probe.seq ?? i;
    samples.flow[i] = probe.flow ?? 0;
    samples.sentNs[i] = probe.sentNs;
    samples.rttNs[i] = probe.rttNs ?? -1;
    samples.outcome[i] = probe.outcome ?? (probe.rttNs === undefined ? Outcomes.lost : Outcomes.reply);
  }
  return samples;
}

/** A dashboard that has seen a simulated stream on its only path, with what the detectors found in it. */
export function stateOf(stream: StreamOptions, thresholdNs = 100 * MS): DashboardState {
  const built = buildStream(stream);
  const state = new DashboardState(1);
  const { flows, freshPerSecond, intervalNs } = built.path;
  state.take({ kind: 'run', run: { ...runOf([PATH], { flows, freshPerSecond, intervalNs }), thresholdNs } });
  state.take({ kind: 'samples', samples: built.samples, paths: [PATH] });
  for (const finding of findIn(built, { thresholdNs })) tell(state, finding);
  state.take({ kind: 'quality', quality });
  return state;
}

/** The detectors know their path by another name. */
export function tell(state: DashboardState, finding: Finding, path = PATH): void {
  state.take({ kind: 'finding', finding: { ...finding, path } });
}

/** A stall of all queues from 3 to 3.14 s, seen on one flow, 5 s of probes every 10 ms. */
export const STALL: StreamOptions = {
  durationNs: 5 * SECOND,
  stalls: [{ fromNs: 3 * SECOND, toNs: 3.14 * SECOND }],
};

/** The same on one of four receive queues, under sixteen flows. */
export const QUEUE_STALL: StreamOptions = {
  durationNs: 5 * SECOND,
  flows: 16,
  queues: 4,
  stalls: [{ fromNs: 3 * SECOND, toNs: 3.2 * SECOND, queue: 2 }],
};

export function contextOf(
  state: DashboardState,
  choices: Partial<Choices> = {},
  capabilities: Capabilities = UNICODE,
): ViewContext {
  return {
    snapshot: takeSnapshot(state),
    choices: { ...INITIAL_CHOICES, ...choices },
    capabilities,
    paused: false,
    silentNs: 0,
    zone: 'UTC',
  };
}

export function draw(context: ViewContext, columns = 80, rows = 24): Screen & { readonly text: readonly string[] } {
  const screen = screenView(context, { columns, rows });
  return { ...screen, text: screen.lines.map((line) => textOf(line)) };
}

/** The text of all pieces in that style. */
export function inStyle(lines: readonly Line[], style: Style): string {
  return lines.flatMap((line) => line.filter((part) => part.style === style).map(({ text }) => text)).join('');
}

export const verdict: Verdict = {
  type: 'verdict',
  cause: 'rx-queue',
  where: 'node',
  kind: 'stall',
  probability: 0.981,
  posterior: { 'rx-queue': 0.981, host: 0.015, inconclusive: 0.004 },
  priors: { healthy: 0.5, 'rx-queue': 0.1, host: 0.1, nat: 0.05, 'two causes': 0.01, unknown: 0.01 },
  incidents: 12,
  evidence: [],
  ruledOut: [],
  indistinguishable: [],
  next: [],
  terms: [],
  noStallLongerThanNs: null,
  quality: { durationNs: 20 * SECOND, selfInflicted: 0, excludedPaths: [], clockUncertaintyNs: 0, notes: [] },
};
