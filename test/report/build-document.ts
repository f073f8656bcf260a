import { allocateSamples, Outcomes, type SampleColumns } from '../../src/model/sample.js';
import type { Verdict } from '../../src/model/verdict.js';
import { PlotCollector } from '../../src/report/document/plot-collector.js';
import type { ReportDocument } from '../../src/report/document/report-document.js';
import type { PageAssets } from '../../src/report/html/html-report.js';
import { quality, run, stall, summary } from './build-run.js';

export const MS = 1_000_000;

export const assets: PageAssets = { script: 'begin();', style: 'p { color: red; }' };

/** Samples of one path, each `[sentMs, rttMs]`; an RTT below 0 is a loss. */
export function samplesOf(pairs: readonly (readonly [number, number])[], flow = 0, path = 0): SampleColumns {
  const columns = allocateSamples(pairs.length);
  for (const [index, [sentMs, rttMs]] of pairs.entries()) {
    columns.path[index] = path;
    columns.flow[index] = flow;
    columns.sentNs[index] = Math.round(sentMs * MS);
    columns.rttNs[index] = rttMs < 0 ? -1 : Math.round(rttMs * MS);
    columns.outcome[index] = rttMs < 0 ? Outcomes.lost : Outcomes.reply;
  }
  return columns;
}

export const verdict: Verdict = {
  type: 'verdict',
  cause: 'rx-queue',
  meaning: 'Some receive queues of node are not served for a while; the others are.',
  where: 'node',
  kind: 'stall',
  probability: 0.982,
  posterior: { 'rx-queue': 0.982, host: 0.018 },
  priors: { healthy: 0.4 },
  incidents: 3,
  evidence: [
    {
      path: 'local>172.16.47.27:30927/syn',
      stalls: 1,
      probes: 13,
      flowsHit: 4,
      flows: 16,
      exposedNotHit: 2,
      words: 'it was held in 1 of 3 incidents',
    },
  ],
  ruledOut: [{ cause: 'nat', because: 'paths without address translation waited too' }],
  lessLikely: [{ cause: 'network', because: 'other flows of the same path passed', factor: 37 }],
  indistinguishable: ['host'],
  next: ['add a second vantage'],
  terms: [{ words: 'only some flows waited', cause: 'rx-queue@node', against: 'host@node', factor: 54 }],
  noStallLongerThanNs: null,
  quality: { durationNs: 20_000 * MS, selfInflicted: 0, excludedPaths: [], clockUncertaintyNs: 0, notes: [] },
};

/** A report of a bisection with one stall in it. */
export function reportDocument(changes: Partial<ReportDocument> = {}): ReportDocument {
  const collector = new PlotCollector([summary.path]);
  const held = Array.from({ length: 12 }, (_, probe) => [1010 + 10 * probe, 122 - 10 * probe] as const);
  const before = Array.from({ length: 100 }, (_, probe) => [10 * probe, 0.2] as const);
  const after = Array.from({ length: 800 }, (_, probe) => [1140 + 10 * probe, 0.2] as const);
  collector.samples(samplesOf([...before, ...held, ...after], 3));
  collector.finding(stall);
  const { plots } = collector.plots([stall]);
  return {
    version: '0.1.0',
    file: 'run.rxr',
    command: 'bisect',
    epochNs: run.epochNs,
    ...collector.extent,
    thresholdNs: 100 * MS,
    runs: [{ ...run, vantage: 'shell' }],
    verdict,
    summaries: [summary],
    qualities: [{ vantage: 'shell', quality }],
    incidents: {
      shown: [
        {
          type: 'incident',
          startMin: stall.startMin,
          startMax: stall.startMax,
          release: stall.release,
          paths: [summary.path],
          exposed: ['shell>pod/icmp'],
          cause: 'rx-queue',
        },
      ],
      leftOut: 0,
    },
    findings: { shown: [stall], leftOut: 0 },
    findingCounts: {
      stall: 1,
      'slow-drain': 0,
      congestion: 0,
      'rtt-spike': 0,
      'loss-episode': 0,
      'syn-retransmission': 0,
      'next-probe-release': 0,
      'tcp-wait': 0,
    },
    culprits: [],
    plots,
    plotsLeftOut: [],
    warnings: [],
    ...changes,
  };
}

export const HOSTILE = `x"'><script>alert(1)</script><img src=http://198.51.100.1/ onerror=alert(2)></script><!--\u202e`;

/** Every text of it that comes from a recording is hostile. */
export function hostileDocument(): ReportDocument {
  const plain = reportDocument();
  const poison = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll('local>172.16.47.27:30927/syn', 'PLACE')) as T;
  const swap = <T>(value: T): T =>
    JSON.parse(JSON.stringify(poison(value)), (_, text: unknown) =>
      text === 'PLACE' || text === 'node' ? HOSTILE : text,
    ) as T;
  return {
    ...plain,
    file: HOSTILE,
    command: HOSTILE,
    runs: plain.runs.map((one) => ({
      ...swap(one),
      vantage: HOSTILE,
      version: HOSTILE,
      clock: HOSTILE,
      host: { name: HOSTILE, kernel: HOSTILE, machine: HOSTILE },
      options: { [HOSTILE]: HOSTILE },
    })),
    verdict: {
      ...swap(verdict),
      cause: HOSTILE,
      posterior: { [HOSTILE]: 1 },
      ruledOut: [{ cause: HOSTILE, because: HOSTILE }],
      indistinguishable: [HOSTILE],
      next: [HOSTILE],
      evidence: [{ ...verdict.evidence[0], path: HOSTILE, words: HOSTILE } as (typeof verdict.evidence)[0]],
      terms: [{ words: HOSTILE, cause: HOSTILE, against: HOSTILE, factor: 3 }],
      quality: { ...verdict.quality, notes: [HOSTILE], excludedPaths: [{ path: HOSTILE, because: HOSTILE }] },
    },
    summaries: swap(plain.summaries),
    qualities: plain.qualities.map((one) => ({ ...one, vantage: HOSTILE })),
    incidents: swap({
      ...plain.incidents,
      shown: plain.incidents.shown.map((one) => ({ ...one, exposed: [HOSTILE], cause: HOSTILE })),
    }),
    findings: swap(plain.findings),
    culprits: [
      {
        fromNs: 1010 * MS,
        toNs: 1130 * MS,
        machine: HOSTILE,
        headline: HOSTILE,
        held: HOSTILE,
        details: [HOSTILE],
        stack: [HOSTILE],
      },
    ],
    plots: plain.plots.map((plot) => ({ ...plot, path: HOSTILE })),
    plotsLeftOut: [HOSTILE],
    warnings: [HOSTILE],
  };
}
