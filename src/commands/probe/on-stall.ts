import { spawn } from 'node:child_process';
import type { Finding } from '../../model/finding.js';

/** Commands running at a time, and findings that wait for one; more are counted and left out. */
const RUNNING = 4;
const WAITING = 100;

/** Runs the user's `--on-stall` command for findings, each as one line of JSON on its standard input. */
export class OnStall {
  #running = 0;
  #leftOut = 0;
  readonly #waiting: Finding[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(
    private readonly command: string,
    private readonly report: (message: string) => void,
    /** What the command prints is left out: the terminal is drawn on. */
    private readonly silent = false,
  ) {}

  add(finding: Finding): void {
    if (this.#waiting.length >= WAITING) {
      this.#leftOut += 1;
      return;
    }
    this.#waiting.push(finding);
    this.#startNext();
  }

  /** Resolves when the commands started so far have ended. */
  async finish(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#leftOut > 0)
      this.report(`--on-stall: ${this.#leftOut} findings came faster than the command ran, and were left out`);
  }

  #startNext(): void {
    if (this.#running >= RUNNING) return;
    const finding = this.#waiting.shift();
    if (!finding) {
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#running += 1;
    const output = this.silent ? 'ignore' : process.stderr;
    const child = spawn('/bin/sh', ['-c', this.command], { stdio: ['pipe', output, output] });
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(finding)}\n`);
    let done = false;
    const ended = (problem?: string): void => {
      if (done) return;
      done = true;
      if (problem !== undefined) this.report(`--on-stall: the command ${problem}`);
      this.#running -= 1;
      this.#startNext();
    };
    child.once('error', (error) => ended(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => ended(code === 0 ? undefined : `ended with ${signal ?? `status ${code}`}`));
  }
}
