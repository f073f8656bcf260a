import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HOST_ADDRESS, NODEPORT_LOCAL } from '../../src/lab/addresses.js';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { isStall, readTruth } from '../../src/lab/truth.js';
import { onTimeLine } from '../../src/lab/truth-match.js';
import type { Finding } from '../../src/model/finding.js';
import type { Summary } from '../../src/model/summary.js';
import { MS, SECOND } from '../../src/model/time.js';
import { chanceSeen } from '../../src/stats/coverage.js';
import type { Part, PartResult } from './part.js';

const main = fileURLToPath(new URL('../../bin/rxray.js', import.meta.url));
const RUNS = 20;
const QUEUES: readonly number[] = [4, 8];
/** Farther apart, a finding is about something else. */
const SAME_NS = 25 * MS;
/** A stall at an edge of the run is none that the run could have seen whole. */
const EDGE_NS = SECOND;

/** One run against one stalled queue: each stall, whether the run claims to see such stalls, and whether it did. */
export interface CoverageRun {
  readonly queues: number;
  /** Findings of any kind: where they are many and no stall was seen, the times do not match. */
  readonly findings: readonly { readonly kind: string; readonly release: number; readonly selfInflicted: boolean }[];
  readonly coverage: Summary['coverage'];
  readonly stalls: readonly {
    readonly lengthNs: number;
    readonly releaseNs: number;
    readonly claimed: number;
    readonly seen: boolean;
  }[];
}

/**
 * The first command of the README against one stalled queue of several. Each run has ports of its own and another
 * queue; what it says it would have seen is to be what it sees.
 */
export const coverage: Part = {
  name: 'coverage',
  about: 'what a run of probe claims to see of one stalled queue, against what it sees',
  async run({ seconds, lab, say }) {
    const name = await lab();
    const runs: CoverageRun[] = [];
    for (const queues of QUEUES) {
      await labUp({ name, queues }, () => {});
      for (let seed = 0; seed < RUNS; seed += 1) {
        const run = await coverageRun(name, queues, seed, seconds);
        say(`${queues} queues, run ${seed + 1}: ${wordsOf(run.stalls)}`);
        runs.push(run);
      }
    }
    return resultOf(runs, seconds);
  },
};

export function resultOf(runs: readonly CoverageRun[], seconds: number): PartResult {
  const counted = QUEUES.filter((queues) => runs.some((run) => run.queues === queues));
  const rows = counted.map((queues) => {
    const own = runs.filter((run) => run.queues === queues);
    const blind = own.filter(({ stalls }) => stalls.every(({ seen }) => !seen)).length;
    const { claimed, seen, stalls } = sums(own.flatMap((run) => run.stalls));
    return { queues, runs: own.length, blind, stalls, claimed: claimed / stalls, seen: seen / stalls };
  });
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return {
    tables: [
      {
        title: `probe NODE:${NODEPORT_LOCAL} --threshold 20 -d ${seconds}s`,
        columns: ['queues', 'runs', 'blind', 'stalls', 'claimed', 'seen'].map((title) => ({ title, align: 'right' })),
        rows: rows.map((row) => [
          ...[row.queues, row.runs, row.blind, row.stalls].map(String),
          percent(row.claimed),
          percent(row.seen),
        ]),
      },
    ],
    targets: rows.map(({ queues, claimed, seen }) => ({
      // Twenty runs draw twenty times which flows cross the queue: a share of them is known to some ten percent.
      asked: `claimed within 15 % of seen with ${queues} queues`,
      measured: `${percent(claimed)} against ${percent(seen)}`,
      met: Math.abs(claimed - seen) <= 0.15,
    })),
    data: rows,
    notes: ['blind: runs that saw none of the stalls'],
  };
}

export async function coverageRun(lab: string, queues: number, seed: number, seconds: number): Promise<CoverageRun> {
  const fault = { lab: { name: lab }, seed, queue: seed % queues, durationS: seconds + 30 };
  const { truthPath } = await faultOn('rx-queue', { ...fault, periodMs: [600, 1_000], lengthMs: [60, 200] }, () => {});
  try {
    const target = `${HOST_ADDRESS.bad}:${NODEPORT_LOCAL}`;
    const words = ['probe', target, '--threshold', '20', '-d', `${seconds}s`, '--json', '--cpu', '0'];
    const argv = ['netns', 'exec', namespaceOf(lab, 'shell'), process.execPath, main, ...words];
    const { stdout } = await promisify(execFile)('ip', argv, { maxBuffer: 256 << 20 });
    const records = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('{"type":"sample"'))
      .map((line) => JSON.parse(line) as { type: string; epochNs?: string });
    const epochNs = BigInt(records.find(({ type }) => type === 'run')?.epochNs ?? 0);
    const [summary] = records.filter(({ type }) => type === 'summary') as unknown as Summary[];
    const findings = records.filter(({ type }) => type === 'finding') as unknown as Finding[];
    const stalls = onTimeLine(readTruth(truthPath).filter(isStall), epochNs)
      .filter(({ startNs, releaseNs }) => startNs > EDGE_NS && releaseNs < seconds * SECOND - EDGE_NS)
      .map(({ startNs, releaseNs }) => ({
        lengthNs: releaseNs - startNs,
        releaseNs,
        claimed: summary === undefined ? 0 : claimOf(summary, queues, releaseNs - startNs),
        seen: findings.some(({ kind, release }) => kind === 'stall' && Math.abs(release - releaseNs) < SAME_NS),
      }));
    const told = findings.map(({ kind, release, selfInflicted }) => ({ kind, release, selfInflicted }));
    return { queues, findings: told, coverage: summary?.coverage ?? null, stalls };
  } finally {
    await faultOff('all', { name: lab });
  }
}

/** Probability with which a run says that it sees a stall of that length of one of so many queues. */
function claimOf({ coverage }: Summary, queues: number, lengthNs: number): number {
  return coverage === null ? 0 : chanceSeen(coverage.sweep, coverage.levels, queues, lengthNs);
}

function sums(stalls: CoverageRun['stalls']): { claimed: number; seen: number; stalls: number } {
  return {
    claimed: stalls.reduce((sum, stall) => sum + stall.claimed, 0),
    seen: stalls.filter(({ seen }) => seen).length,
    stalls: Math.max(1, stalls.length),
  };
}

export function wordsOf(all: CoverageRun['stalls']): string {
  const { claimed, seen, stalls } = sums(all);
  return `${seen} of ${stalls} stalls seen, ${claimed.toFixed(1)} claimed`;
}
