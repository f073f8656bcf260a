import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabStatus } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isGap, readTruth, type TruthSettings } from '../../src/lab/truth.js';
import type { Finding } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';
import { type Verdict, verdictSchema } from '../../src/model/verdict.js';
import { startBusyLoops } from '../bench/busy-loops.js';
import { RXRAY } from '../e2e/rxray.js';

const CPU_GROUPS = '/sys/fs/cgroup/cpu';
/** Farther from a pause of the machine, a finding is about something else. */
const NEAR_NS = 25 * MS;

/**
 * What bothers the measurement while nothing is wrong with the network: busy loops on every CPU, the probers of two
 * vantages stopped and continued, a CPU quota that the whole command has to live with, or all of that together.
 */
export const DISTURBANCES = ['nothing', 'busy', 'stopped', 'quota', 'all'] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

export interface NoneRun {
  readonly disturbance: Disturbance;
  readonly verdict: Verdict;
  readonly findings: number;
  /** Marked as the prober's own doing. */
  readonly marked: number;
  /** Not marked, at a pause of the machine that the lab logged. */
  readonly paused: number;
  /** Not marked, and nothing explains them. */
  readonly unexplained: readonly Finding[];
  /** How often a prober was stopped. */
  readonly stops: number;
  /** The longest pause of the machine meanwhile. */
  readonly longestPauseNs: number;
}

/** Why a CPU quota cannot be given here; false when it can. */
export const quotaMissing = (): string | false =>
  existsSync(`${CPU_GROUPS}/cpu.cfs_quota_us`) ? false : `no CPU control groups of version 1 at ${CPU_GROUPS}`;

/** Bisects a lab without a fault for so long, while it is disturbed. */
export async function noneRun(lab: LabStatus, disturbance: Disturbance, seconds: number): Promise<NoneRun> {
  const began = Number(process.hrtime.bigint());
  // biome-ignore format: one command line
  const words = [RXRAY, 'bisect', '--hosts', lab.hostsFile, '--threshold', '25', '--json', '-d', `${seconds}s`];
  const { out, err, stops } = await disturbed(lab, disturbance, seconds, words);
  const lines = out.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  if (!last.startsWith('{"type":"verdict"')) throw new Error(`no verdict: ${err}`);
  const { epochNs } = JSON.parse(lines[0] ?? '{}') as { epochNs: string };
  const findings = lines
    .filter((line) => line.startsWith('{"type":"finding"'))
    .map((line) => JSON.parse(line) as Finding);
  const truth = readTruth(lab.gapLog);
  const settings = truth.find((event): event is TruthSettings => event.type === 'settings');
  const toRunNs =
    settings === undefined ? 0 : Number(BigInt(settings.startRealNs) - BigInt(epochNs)) - settings.startMonoNs;
  const gaps = truth.filter(isGap).filter((gap) => gap.toMonoNs > began);
  const open = findings.filter(({ selfInflicted }) => !selfInflicted);
  const unexplained = open.filter(
    ({ startMin, release }) =>
      !gaps.some((gap) => gap.fromMonoNs + toRunNs < release + NEAR_NS && gap.toMonoNs + toRunNs > startMin - NEAR_NS),
  );
  return {
    disturbance,
    verdict: verdictSchema.parse(JSON.parse(last)),
    findings: findings.length,
    marked: findings.length - open.length,
    paused: open.length - unexplained.length,
    unexplained,
    stops,
    longestPauseNs: Math.max(0, ...gaps.map((gap) => gap.toMonoNs - gap.fromMonoNs)),
  };
}

interface Output {
  readonly out: string;
  readonly err: string;
  readonly stops: number;
}

async function disturbed(
  lab: LabStatus,
  disturbance: Disturbance,
  seconds: number,
  words: readonly string[],
): Promise<Output> {
  const is = (one: Disturbance): boolean => disturbance === one || disturbance === 'all';
  return withQuota(is('quota') && quotaMissing() === false, async (through, limit) => {
    const command = run([...through, process.execPath, ...words]);
    // What bothers its start bothers no measurement.
    await command.measures;
    limit();
    const loops = is('busy') ? startBusyLoops(seconds) : undefined;
    const ended = new AbortController();
    const stopping = is('stopped') ? stopProbers(lab, ended.signal) : undefined;
    try {
      const output = await command.ended;
      ended.abort();
      return { ...output, stops: (await stopping) ?? 0 };
    } finally {
      ended.abort();
      await loops?.stop();
    }
  });
}

interface Running {
  /** Once it has printed something, or has ended. */
  readonly measures: Promise<void>;
  readonly ended: Promise<Omit<Output, 'stops'>>;
}

function run([program = '', ...args]: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return {
    measures: new Promise((resolve) => {
      child.stdout.once('data', () => resolve());
      child.once('close', () => resolve());
    }),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve({ out, err }));
    }),
  };
}

/** Now and then for 60 to 220 ms, which is as long as the stalls that are looked for. */
async function stopProbers(lab: LabStatus, signal: AbortSignal): Promise<number> {
  const places = [namespaceOf(lab.name, 'shell'), namespaceOf(lab.name, 'client')];
  let stops = 0;
  for (let round = 0; !signal.aborted; round += 1) {
    await sleep(700 + ((round * 137) % 600));
    const probers = execFileSync('ip', ['netns', 'pids', places[round % 2] ?? ''], { encoding: 'utf8' });
    const pids = probers
      .split('\n')
      .filter((pid) => pid !== '')
      .map(Number);
    signalAll(pids, 'SIGSTOP');
    await sleep(60 + ((round * 53) % 160));
    signalAll(pids, 'SIGCONT');
    stops += pids.length > 0 ? 1 : 0;
  }
  return stops;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

/**
 * A group for a command and all its helpers, which may have a fifth of a CPU from `limit` on.
 *
 * @param work is given the words that put a command into the group; none where there is to be no quota
 */
async function withQuota<T>(
  wanted: boolean,
  work: (through: readonly string[], limit: () => void) => Promise<T>,
): Promise<T> {
  if (!wanted) return work([], () => {});
  const group = `${CPU_GROUPS}/rxray-none-${process.pid}`;
  mkdirSync(group);
  try {
    return await work(['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'], () => {
      writeFileSync(`${group}/cpu.cfs_period_us`, '100000');
      writeFileSync(`${group}/cpu.cfs_quota_us`, '20000');
    });
  } finally {
    for (let tries = 0; existsSync(group) && tries < 100; tries += 1) {
      try {
        rmdirSync(group);
      } catch {
        // The last process in it has just ended.
        await sleep(20);
      }
    }
  }
}

/** One line for people. */
export function noneWords({ verdict, findings, marked, paused, unexplained, longestPauseNs }: NoneRun): string {
  const where = verdict.cause === 'inconclusive' ? ` (${verdict.reason})` : '';
  return (
    `${verdict.cause} ${verdict.probability.toFixed(3)}${where}; ${findings} findings: ${marked} marked, ${paused} at pauses of the ` +
    `machine (up to ${(longestPauseNs / MS).toFixed(1)} ms), ${unexplained.length} unexplained`
  );
}
