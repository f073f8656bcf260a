import { type ChildProcess, spawn } from 'node:child_process';
import type { Finding } from '../../model/finding.js';
import { present } from '../../model/present.js';
import type { RunRecord } from '../../model/records/run.js';

/** Commands running at a time, and findings that wait for one; more are counted and left out. */
const RUNNING = 4;
const WAITING = 100;
/** A command that takes longer is ended: what it is to tell is long out of date. */
const LIMIT_MS = 60_000;
/** Before a command that ignores SIGTERM gets SIGKILL. */
const GRACE_MS = 2_000;
/** How long the end of the run waits for commands. */
const FINISH_MS = 10_000;

/** A finding for a command that knows nothing of the run: with its date, and whom its probes went to and came from. */
export interface DatedFinding {
  /** CLOCK_REALTIME, in nanoseconds, that the instants of the finding count from. */
  readonly epochNs: string;
  /** Of the release, ISO 8601. */
  readonly time: string;
  readonly address?: string;
  readonly port?: number;
  readonly source?: string;
  /** Of the flows that were hit. */
  readonly sourcePorts?: readonly number[];
}

/** The finding and what of the run a command needs. */
export function dated(finding: Finding, run: RunRecord): Finding & DatedFinding {
  const path = run.paths.find((one) => one.path === finding.path);
  const first = path?.sourcePorts?.[0];
  const release = BigInt(run.epochNs) + BigInt(Math.round(finding.release));
  return {
    ...finding,
    epochNs: run.epochNs,
    time: new Date(Number(release / 1_000_000n)).toISOString(),
    ...present({
      address: path?.address,
      port: path?.port,
      source: path?.source,
      sourcePorts: first === undefined ? undefined : finding.flowsHit.map((flow) => first + flow),
    }),
  };
}

/**
 * Runs the user's `--on-stall` command for findings, each as one line of JSON on its standard input.
 *
 * Each has a process group of its own, so that Ctrl-C reaches rxray alone, and ends with rxray, whatever it started.
 */
export class OnStall {
  readonly #running = new Set<ChildProcess>();
  #leftOut = 0;
  #ended = false;
  readonly #waiting: Finding[] = [];
  readonly #idle: (() => void)[] = [];
  readonly #exiting = (): void => this.#signalAll('SIGTERM');

  constructor(
    private readonly command: string,
    private readonly report: (message: string) => void,
    /** What the command prints is left out: the terminal is drawn on. */
    private readonly silent = false,
  ) {
    process.on('exit', this.#exiting);
  }

  add(finding: Finding): void {
    if (this.#waiting.length >= WAITING) {
      this.#leftOut += 1;
      return;
    }
    this.#waiting.push(finding);
    this.#startNext();
  }

  /** Resolves when the commands have ended, of which those are ended that take too long. */
  async finish(): Promise<void> {
    if (this.#running.size > 0) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      const late = setTimeout(() => this.#giveUp(), FINISH_MS);
      await idle;
      clearTimeout(late);
    }
    process.off('exit', this.#exiting);
    if (this.#leftOut > 0)
      this.report(`--on-stall: ${this.#leftOut} findings came faster than the command ran, and were left out`);
  }

  #giveUp(): void {
    this.#ended = true;
    this.#leftOut += this.#waiting.splice(0).length;
    this.#signalAll('SIGTERM');
    setTimeout(() => {
      this.#signalAll('SIGKILL');
      for (const resolve of this.#idle.splice(0)) resolve();
    }, GRACE_MS).unref();
  }

  #startNext(): void {
    if (this.#running.size >= RUNNING) return;
    const finding = this.#ended ? undefined : this.#waiting.shift();
    if (!finding) {
      if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const output = this.silent ? 'ignore' : process.stderr;
    const child = spawn('/bin/sh', ['-c', this.command], { stdio: ['pipe', output, output], detached: true });
    this.#running.add(child);
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(finding)}\n`);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      signalGroup(child, 'SIGTERM');
      setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS).unref();
    }, LIMIT_MS);
    const ended = (problem?: string): void => {
      if (!this.#running.delete(child)) return;
      clearTimeout(limit);
      if (problem !== undefined) this.report(`--on-stall: the command ${problem}`);
      this.#startNext();
    };
    child.once('error', (error) => ended(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (late) ended(`was ended after ${LIMIT_MS / 1_000} s`);
      else if (this.#ended) ended('was ended with the run');
      else ended(code === 0 ? undefined : `ended with ${signal ?? `status ${code}`}`);
    });
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const child of this.#running) signalGroup(child, signal);
  }
}

/** The command and all that it started. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended on its own in between.
  }
}
