import { basename } from 'node:path';
import { Measurement } from '../../src/commands/run/measurement.js';
import type { Engine } from '../../src/engines/engine.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import type { HostName } from '../../src/lab/addresses.js';
import { type LabStatus, labDown, labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import type { Pause } from '../../src/model/engine-event.js';
import type { Finding, Stall } from '../../src/model/finding.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import type { RunRecord } from '../../src/model/records/run.js';
import type { SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { RunResult } from '../../src/report/probe/reporter.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';

/** One for each file of tests: files run side by side, and a lab somebody works in is left alone. */
export const LAB = `e2e-${basename(process.argv[1] ?? 'lab').replace(/\..*/, '')}`.slice(0, 32);

export const needsRoot: { skip?: string } =
  process.getuid?.() === 0 ? {} : { skip: 'makes network namespaces: needs root' };

export const upLab = (queues: number): Promise<LabStatus> => labUp({ name: LAB, queues }, () => {});

export async function withLab(queues: number, work: () => Promise<void>): Promise<void> {
  await upLab(queues);
  try {
    await work();
  } finally {
    await labDown({ name: LAB }, () => {});
  }
}

export interface Probed {
  readonly run: RunRecord;
  readonly epochNs: bigint;
  /** CLOCK_MONOTONIC of the same instant, as the injectors log it. */
  readonly epochMonoNs: bigint;
  readonly findings: readonly Finding[];
  readonly stalls: readonly Stall[];
  readonly samples: readonly SampleColumns[];
  /** Of the prober itself. */
  readonly pauses: readonly Pause[];
  readonly result: RunResult;
}

export interface ProbingOptions {
  readonly thresholdNs: number;
  /** Bound of the run, should nobody stop it. */
  readonly durationNs?: number;
  readonly cpu?: number;
  readonly waitNs?: number;
  /** Made for the network namespace; the helper by default. */
  readonly engine?: (netns: string) => Engine;
}

/** Probes from a host of the lab until stopped; resolves to all that was seen. */
export function startProbing(host: HostName, paths: readonly PlannedPath[], options: ProbingOptions) {
  const plan: ProbePlan = {
    paths,
    count: 0,
    durationNs: options.durationNs ?? 300 * SECOND,
    waitNs: options.waitNs ?? SECOND,
    matchNs: 30 * SECOND,
    timestamps: 'auto',
    // The lab keeps its faults off this one.
    cpu: options.cpu ?? 0,
    scheduling: 'auto',
    maxPacketsPerSecondToTarget: 1_000,
  };
  const netns = namespaceOf(LAB, host);
  const engine = options.engine?.(netns) ?? createHelperEngine(netnsTransport(netns));
  const run = engine.start(plan);
  const about = { command: 'test', engine: engine.name, thresholdNs: options.thresholdNs, options: {} };
  let started: () => void = () => {};
  const hello = new Promise<void>((resolve) => {
    started = resolve;
  });
  const ended = follow(run.events, new Measurement(plan, about), () => started());
  ended.catch(() => started());
  return { started: hello, ended, stop: () => run.stop() };
}

async function follow(
  events: ReturnType<ReturnType<typeof createHelperEngine>['start']>['events'],
  measurement: Measurement,
  onHello: () => void,
): Promise<Probed> {
  const findings: Finding[] = [];
  const samples: SampleColumns[] = [];
  const pauses: Pause[] = [];
  let epochMonoNs = 0n;
  for await (const event of events) {
    findings.push(...measurement.take(event));
    if (event.kind === 'samples') samples.push(event.samples);
    if (event.kind === 'pause') pauses.push(event.pause);
    if (event.kind === 'start') epochMonoNs = event.epochMonoNs;
    if (event.kind === 'hello') onHello();
  }
  findings.push(...measurement.finish());
  if (!measurement.run) throw new Error('the prober never said hello');
  return {
    run: measurement.run,
    epochNs: BigInt(measurement.run.epochNs),
    epochMonoNs,
    findings,
    stalls: findings.filter((finding): finding is Stall => finding.kind === 'stall'),
    samples,
    pauses,
    result: measurement.result(),
  };
}

/** A path with the defaults of `probe`. */
export function pathTo(
  name: string,
  address: string,
  settings: Partial<PlannedPath> & Pick<PlannedPath, 'protocol'>,
): PlannedPath {
  return { name, address, flows: 1, freshPerSecond: 0, intervalNs: 10 * MS, ...settings };
}
