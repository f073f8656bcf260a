import type { Stall } from '../../src/model/finding.js';
import type { QualityRecord, RunRecord } from '../../src/model/records/run.js';
import {
  allocateSamples,
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  Outcomes,
  type SampleColumns,
  SampleFlags,
} from '../../src/model/sample.js';
import type { Summary } from '../../src/model/summary.js';

const MS = 1_000_000;

export const run: RunRecord = {
  type: 'run',
  schema: 1,
  version: '0.1.0',
  command: 'probe',
  epochNs: '1795310073411000000',
  engine: 'helper',
  timestamps: 'kernel',
  clock: 'CLOCK_MONOTONIC',
  host: { name: 'shell', kernel: '6.1.0', machine: 'x86_64' },
  options: {},
  thresholdNs: 100 * MS,
  waitNs: 1000 * MS,
  scheduling: 'fifo',
  memoryLocked: true,
  cpu: 0,
  paths: [
    {
      path: 'local>172.16.47.27:30927/syn',
      protocol: 'syn',
      address: '172.16.47.27',
      port: 30927,
      flows: 16,
      freshPerSecond: 5,
      intervalNs: 10 * MS,
      interface: 'eth0',
      source: '172.16.99.10',
      sourcePorts: [47_000, 47_015],
    },
  ],
  footprint: { packetsPerSecond: 105, conntrackEntries: 616 },
};

export const stall: Stall = {
  type: 'finding',
  kind: 'stall',
  path: 'local>172.16.47.27:30927/syn',
  startMin: 1000 * MS,
  startMax: 1010 * MS,
  release: 1132 * MS,
  durationNs: 127 * MS,
  probes: 13,
  probesAboveThreshold: 3,
  peakRttNs: 122_104_000,
  excessNs: 121_900_000,
  flowsHit: [3, 7, 8, 9],
  flowsExposed: [0, 1, 2, 4, 5, 6, 10, 11, 12, 13, 14, 15],
  selfInflicted: false,
  fit: 0.9994,
  slope: -1.001,
  releaseSpreadNs: 120_000,
  order: 'by-flow',
};

export const summary: Summary = {
  type: 'summary',
  path: 'local>172.16.47.27:30927/syn',
  sent: 22_352,
  received: 22_350,
  late: 0,
  lost: 2,
  inFlight: 0,
  sendFailed: 0,
  errors: 0,
  rateLimited: 0,
  unanswerable: 0,
  duplicates: 0,
  missedSlots: 0,
  lossRatio: 2 / 22_352,
  rttNs: {
    min: 104_000,
    p50: 200_000,
    p90: 300_000,
    p99: 400_000,
    p999: 60_000_000,
    max: 127_104_000,
    mean: 219_000,
    stddev: 2_400_000,
  },
  stalls: 1,
  spikes: 0,
  selfInflicted: 0,
  stallPeriodNs: null,
  sendErrorNs: { p50: 12_000, p99: 45_000, max: 310_000 },
  detectableStallNs: 31 * MS,
  coverage: {
    sweep: { intervalNs: 10 * MS, flows: 16, freshPerSecond: 5 },
    levels: { holdNs: MS, stallNs: 20 * MS, slowNs: 100 * MS },
    hostStallNs: 31 * MS,
    queues: 8,
    queueCrossed: 0.882,
    queueStallNs: null,
    typicalNs: 140 * MS,
    typicalSeen: 0.31,
    flowStallNs: 480 * MS,
  },
};

export const quality: QualityRecord = {
  type: 'quality',
  timestamps: 'kernel',
  pauses: 0,
  longestPauseNs: 0,
  missedSlots: 0,
  clockSteps: 0,
  stealNs: 0,
  strays: 0,
  forged: 0,
  kernelDrops: 0,
  droppedRecords: 0,
  sentStampsMissing: 0,
  cpuPerProbeNs: 9_000,
  residentBytes: 2_000_000,
  end: 'complete',
};

/** One sample of each kind that prints differently. */
export function samples(): SampleColumns {
  const columns = allocateSamples(4);
  const set = (
    index: number,
    seq: number,
    flow: number,
    outcome: number,
    reply: number,
    rttNs: number,
    flags = 0,
  ): void => {
    columns.seq[index] = seq;
    columns.flow[index] = flow;
    columns.dueNs[index] = index * 10 * MS;
    columns.sentNs[index] = index * 10 * MS + 12_000;
    columns.outcome[index] = outcome;
    columns.reply[index] = reply;
    columns.rttNs[index] = rttNs;
    columns.ttl[index] = rttNs < 0 ? 0 : 59;
    columns.flags[index] = flags;
  };
  set(0, 1485, 13, Outcomes.reply, 1, 127_104_321);
  set(1, 1486, 14, Outcomes.lost, 0, -1);
  set(2, FRESH_SEQ_BIT + 7, FRESH_FLOW, Outcomes.reply, 2, 204_000, SampleFlags.freshFlow | SampleFlags.userSentStamp);
  set(3, 1487, 15, Outcomes.error, 6, 900_000);
  columns.icmpType[3] = 11;
  return columns;
}
