import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeRun } from '../../engines/engine.js';
import { createHelperEngine } from '../../engines/helper-engine.js';
import { formatClockTime } from '../../format/clock-time.js';
import { formatLength } from '../../format/duration.js';
import { holdNs } from '../../format/finding-words.js';
import { formatFlows } from '../../format/flow-list.js';
import { formatTable } from '../../format/table.js';
import { HOST_ADDRESS, type HostName, NODEPORT_LOCAL, POD_NETWORK } from '../../lab/addresses.js';
import { faultEnd, faultOff, faultOn } from '../../lab/faults.js';
import { labDown, labStatus, labUp } from '../../lab/lab.js';
import { type QueuedFlow, queuedFlows } from '../../lab/queues.js';
import { labLine, namespaceOf } from '../../lab/state.js';
import { isStall, readTruth, type TruthStall } from '../../lab/truth.js';
import { foundAs, onTimeLine, type TrueStall } from '../../lab/truth-match.js';
import { CodedError } from '../../model/errors.js';
import type { Finding, Stall } from '../../model/finding.js';
import {
  DEFAULT_INTERVAL_NS,
  DEFAULT_MATCH_NS,
  DEFAULT_MAX_PACKETS_PER_SECOND,
  DEFAULT_WAIT_NS,
  type PlannedPath,
  type ProbePlan,
} from '../../model/plan.js';
import { MS, SECOND } from '../../model/time.js';
import { Progress } from '../../report/progress/progress.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import { bisect } from '../bisect/bisect.js';
import { measuredRun } from '../run/measured-run.js';
import { Measurement } from '../run/measurement.js';
import type { Io } from '../terminal/io.js';

/** Name of the lab where none is given: it is taken down at the end. */
export const DEMO_LAB = 'demo';
const STALLS = 10;
const SEED = 2019;
const THRESHOLD_NS = 20 * MS;
/** How far the end of a stall as the probes saw it may lie from its end as logged, to be the same one. */
const SAME_RELEASE_NS = 5 * MS;
/** Probing before the first stall: long enough for each flow to show on which queue it arrives. */
const LEARNING_MS = 1_000;
/** Probing after the last one, so that its replies are in. */
const SETTLE_MS = 700;
/** Protocol number. */
const TCP = 6;

const PLAN: Omit<ProbePlan, 'paths'> = {
  count: 0,
  durationNs: 60 * SECOND,
  waitNs: DEFAULT_WAIT_NS,
  matchNs: DEFAULT_MATCH_NS,
  timestamps: 'auto',
  // The lab keeps its faults off this one.
  cpu: 0,
  scheduling: 'auto',
  maxPacketsPerSecondToTarget: DEFAULT_MAX_PACKETS_PER_SECOND,
};

const EVERY_10_MS = { intervalNs: DEFAULT_INTERVAL_NS, freshPerSecond: 0 };
const NODE = HOST_ADDRESS.bad;
const PATHS: Readonly<Partial<Record<HostName, readonly PlannedPath[]>>> = {
  shell: [
    { name: 'shell>nodeport/syn', protocol: 'syn', address: NODE, port: NODEPORT_LOCAL, flows: 8, ...EVERY_10_MS },
    { name: 'shell>node/icmp', protocol: 'icmp', address: NODE, flows: 1, ...EVERY_10_MS },
  ],
  client: [
    { name: 'client>node/icmp', protocol: 'icmp', address: NODE, flows: 1, ...EVERY_10_MS },
    { name: 'client>pod/icmp', protocol: 'icmp', address: POD_NETWORK.bad.pod, flows: 1, ...EVERY_10_MS },
  ],
};

/** `rxray lab demo`: a receive queue stalls in the lab, then a process holds one; what is found stands beside what was done. */
export async function labDemo(name: string, io: Io): Promise<number> {
  const tell = (message: string): void => io.err(`${message}\n`);
  const lab = { name };
  if ((await labStatus(lab)).up !== 'no') {
    const remedy = `give it another --name, or run \`${labLine(name, 'down')}\``;
    throw new CodedError('E_LAB_UP', `lab '${name}' is up, and the demo takes its lab down`, remedy, 4);
  }
  let vantages: Vantage[] = [];
  try {
    const { hostsFile } = await labUp(lab, tell);
    vantages = Object.entries(PATHS).map(([host, paths]) => new Vantage(name, host as HostName, paths));
    io.stop.addEventListener('abort', () => stopAll(vantages));
    await sleep(LEARNING_MS);
    const queue = busiestQueue(queuedFlows('bad', lab));
    const stalls = { count: STALLS, periodMs: [700, 1500], lengthMs: [60, 250], seed: SEED } as const;
    const handle = await faultOn('rx-queue', { lab, ...stalls, queue }, tell);
    tell(`receive queue ${queue} of bad stalls ${STALLS} times; probing it every 10 ms from shell and client …`);
    const progress = new Progress(io, { label: 'stalling', unit: 'stalls', total: STALLS });
    const truth = await faultEnd(handle, io.stop, (done) => progress.at(done));
    progress.end();
    await sleep(SETTLE_MS);
    stopAll(vantages);
    const runs = await Promise.all(vantages.map((vantage) => vantage.ended));
    const epochNs = runs[0]?.epochNs ?? 0n;
    const found = runs.flatMap((run) => run.stalls.map((stall) => moved(stall, Number(run.epochNs - epochNs))));
    await io.out(comparison(onTimeLine(truth, epochNs), found, epochNs));
    if (!io.stop.aborted) {
      await faultOff('all', lab);
      await verdict(name, hostsFile, io);
    }
    return truth.length > 0 ? 0 : 1;
  } finally {
    stopAll(vantages);
    await Promise.allSettled(vantages.map((vantage) => vantage.ended));
    await labDown(lab, tell);
  }
}

/** A process holds softirqs off inside a system call, as in 2019: which stage is to blame, and who? */
async function verdict(lab: string, hostsFile: string, io: Io): Promise<void> {
  const schedule = { periodMs: [500, 1500], lengthMs: [60, 250], seed: SEED + 1, durationS: 60 } as const;
  const handle = await faultOn('softirq', { lab: { name: lab }, ...schedule }, () => {});
  await io.out(`\n$ rxray bisect --hosts ${hostsFile} --threshold 25\n`);
  await bisect(
    {
      hosts: hostsFile,
      thresholdNs: 25 * MS,
      durationNs: 30 * SECOND,
      fixedDuration: false,
      only: [],
      except: [],
      family: 'any',
      plan: false,
      explain: false,
      trace: true,
      json: false,
      quiet: false,
      live: false,
      ascii: false,
      cpu: PLAN.cpu,
    },
    io,
  );
  await io.out(injectorSays(readTruth(handle.truthPath).filter(isStall)));
}

/** The truth beside the culprit that was named. */
function injectorSays(stalls: readonly TruthStall[]): string {
  const [first] = stalls;
  if (first === undefined) return '';
  const longest = Math.max(...stalls.map((stall) => stall.endMonoNs - stall.startMonoNs));
  return (
    `\nWhat was done, by the log of the injector: ${first.comm}[${first.pid}] held CPU ${first.cpu} of bad ` +
    `${stalls.length} times, for ${formatLength(longest)} at most.\n`
  );
}

/** The probes of one host of the lab, with the stalls they see. */
class Vantage {
  readonly #run: ProbeRun;
  readonly ended: Promise<{ readonly epochNs: bigint; readonly stalls: readonly Stall[] }>;

  constructor(lab: string, host: HostName, paths: readonly PlannedPath[]) {
    const engine = createHelperEngine(netnsTransport(namespaceOf(lab, host)));
    const plan: ProbePlan = { ...PLAN, paths };
    this.#run = engine.start(plan);
    this.ended = this.#follow(
      new Measurement(plan, { command: 'lab demo', engine: engine.name, thresholdNs: THRESHOLD_NS, options: {} }),
    );
    // Awaited later; until then a failure must not count as unhandled.
    this.ended.catch(() => {});
  }

  stop(): void {
    this.#run.stop();
  }

  async #follow(measurement: Measurement) {
    const findings: Finding[] = [];
    for await (const step of measuredRun(this.#run.events, measurement)) findings.push(...step.findings);
    const stalls = findings.filter((finding): finding is Stall => finding.kind === 'stall' && !finding.selfInflicted);
    return { epochNs: BigInt(measurement.run?.epochNs ?? 0), stalls };
  }
}

function stopAll(vantages: readonly Vantage[]): void {
  for (const vantage of vantages) vantage.stop();
}

/** The queue of bad that most of shell's SYN flows arrive on, so that the demo shows what hits by flow look like. */
function busiestQueue(flows: readonly QueuedFlow[]): number {
  const ports = new Map<number, Set<number>>();
  for (const flow of flows) {
    if (flow.protocol !== TCP || flow.source !== HOST_ADDRESS.shell) continue;
    ports.set(flow.queue, (ports.get(flow.queue) ?? new Set()).add(flow.sourcePort));
  }
  const [busiest] = [...ports].sort((a, b) => b[1].size - a[1].size);
  return busiest?.[0] ?? 0;
}

/** A stall on another run's time line. */
function moved(stall: Stall, byNs: number): Stall {
  return { ...stall, startMin: stall.startMin + byNs, startMax: stall.startMax + byNs, release: stall.release + byNs };
}

function comparison(truth: readonly TrueStall[], found: readonly Stall[], epochNs: bigint): string {
  const names = Object.values(PATHS).flatMap((paths) => paths.map((path) => path.name));
  const rows = truth.map((stall) => {
    const time = formatClockTime(epochNs + BigInt(Math.round(stall.startNs)));
    const length = ((stall.releaseNs - stall.startNs) / MS).toFixed(1);
    const cells = names.map((name) =>
      reconstruction(
        stall,
        found.filter((candidate) => candidate.path === name),
      ),
    );
    return [time, length, String(stall.truth.queue), ...cells];
  });
  const columns = [
    { title: 'true start' },
    { title: 'ms', align: 'right' as const },
    { title: 'queue', align: 'right' as const },
    ...names.map((title) => ({ title })),
  ];
  const seen = truth.filter((stall) => foundAs(stall, found, SAME_RELEASE_NS).length > 0).length;
  const errors = truth.flatMap((stall) =>
    foundAs(stall, found, SAME_RELEASE_NS).map((candidate) => Math.abs(candidate.release - stall.releaseNs)),
  );
  const strays = found.filter((candidate) =>
    truth.every((stall) => foundAs(stall, [candidate], SAME_RELEASE_NS).length === 0),
  );
  const worst = errors.length === 0 ? '' : `; release off by ${formatLength(Math.max(...errors))} at most`;
  return [
    ...formatTable(columns, rows),
    '',
    'Each cell: length as reconstructed ± half the distance of the probes around the start, probes held, flows held.',
    '"-": no flow of that path arrives on the stalled queue, or none of its probes came in time.',
    `${seen} of ${truth.length} stalls reconstructed${worst}; ${strays.length} stalls reconstructed that the injector did not make.`,
    '',
  ].join('\n');
}

function reconstruction(stall: TrueStall, found: readonly Stall[]): string {
  const [match] = foundAs(stall, found, SAME_RELEASE_NS);
  if (!match) return '-';
  const length = (holdNs(match) / MS).toFixed(1);
  const uncertainty = ((match.startMax - match.startMin) / 2 / MS).toFixed(0);
  const flows = match.path.endsWith('/icmp') ? '' : `, flows ${formatFlows(match.flowsHit)}`;
  return `${length} ±${uncertainty}, ${match.probes} held${flows}`;
}
