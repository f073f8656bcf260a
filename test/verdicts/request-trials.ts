import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { type LabStatus, labDown, labUp } from '../../src/lab/lab.js';
import type { Verdict } from '../../src/model/verdict.js';
import { records, rxray } from '../e2e/rxray.js';
import { verdictPlace } from './expected.js';
import { assertNobodyAccused } from './innocent.js';
import { labTrial, packetsOf, trialWords } from './lab-trial.js';

/** Far enough apart to be told from one another. */
const PERIOD_MS = [500, 1_000] as const;
const AT_MOST_S = 11;
const silent = (): void => {};

/** Labs, of which each trial takes one for itself. */
export class LabPool {
  readonly #free: string[];

  /** @param names as many trials may run at once */
  constructor(private readonly names: readonly string[]) {
    this.#free = [...names];
  }

  async with<T>(work: (lab: LabStatus) => Promise<T>): Promise<T> {
    const name = this.#free.pop();
    assert.ok(name !== undefined, 'more trials at once than labs');
    try {
      return await work(await labUp({ name, queues: 4 }, silent));
    } finally {
      this.#free.push(name);
    }
  }

  async down(): Promise<void> {
    await Promise.all(this.names.map((name) => labDown({ name }, silent)));
  }
}

/** Slow requests by a fault of the lab, and what bisect says; nobody innocent is accused. */
export async function requestTrial(
  t: TestContext,
  lab: LabStatus,
  fault: FaultName,
  seed: number,
  args: readonly string[] = ['--no-trace'],
): Promise<Verdict> {
  const options = { lab, faults: [fault], seed, within: true, atMostS: AT_MOST_S, periodMs: PERIOD_MS, requests: true };
  const result = await labTrial({ ...options, args: [...packetsOf([fault]), ...args] });
  const { posterior, quality } = result.verdict;
  t.diagnostic(`${fault}: ${trialWords(result)}`);
  t.diagnostic(JSON.stringify([posterior, quality.notes.filter((note) => note.includes(' counted: '))]));
  assertNobodyAccused(result.standing === 'accuses' ? [result.verdict] : []);
  return result.verdict;
}

interface Served {
  readonly port: number;
  /** Prints a line when it listens. */
  readonly program: string;
  /** Told its process number. */
  readonly begin?: (pid: number) => void;
  /** It gets a CPU whenever it wants one, whoever else runs on this machine; such a process has no quota. */
  readonly atOnce?: boolean;
  /** How long it is measured. Default 15. */
  readonly seconds?: number;
}

/** A server of Node.js on `bad`, and the verdict on it. */
export async function servedVerdict(
  t: TestContext,
  lab: LabStatus,
  { port, program, begin = () => {}, atOnce = false, seconds = 15 }: Served,
): Promise<Verdict> {
  const priority = atOnce ? ['chrt', '--fifo', '1'] : [];
  // Threads that collect garbage would wait for each other without giving up the CPU.
  const node = [process.execPath, '--single-threaded-gc', '-e', program];
  const words = ['netns', 'exec', `${lab.name}-bad`, ...priority, ...node];
  const child: ChildProcess = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'rxray-served-'));
  try {
    if (child.stdout) await once(child.stdout, 'data');
    begin(child.pid ?? 0);
    const hosts = join(folder, 'hosts.yaml');
    const text = readFileSync(lab.requestsHostsFile, 'utf8').replace(':8088/', `:${port}/`);
    writeFileSync(hosts, text.replace(/^ {2}- .*names.*\n/gm, '').replace(/^ {2}names:.*\n/m, ''));
    const { out, err } = await rxray(
      'bisect',
      '--hosts',
      hosts,
      '--json',
      '--no-trace',
      '--threshold',
      '50',
      ...['--interval', '20ms', '-d', `${seconds}s`],
    );
    const [verdict] = records<Verdict>(out, 'verdict');
    assert.ok(verdict !== undefined, err);
    t.diagnostic(`${verdictPlace(verdict)} ${verdict.probability}, ${verdict.incidents} incidents`);
    t.diagnostic(JSON.stringify([verdict.posterior, verdict.quality.notes.slice(1)]));
    return verdict;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    rmSync(folder, { recursive: true, force: true });
  }
}
