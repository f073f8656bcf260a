import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import type { EngineEvent } from '../../src/model/engine-event.js';

/** A helper as a process of its own, in a network namespace, with its frames and what it says on stderr. */
export class ProberProcess {
  readonly events: EngineEvent[] = [];
  stderr = '';
  readonly #child: ChildProcess;
  readonly #helloSaid: Promise<void>;
  #settled: Promise<void> | undefined;

  /** @param through put before the program, such as setpriv with its options */
  constructor(netns: string, program: string, plan: string, through: readonly string[] = []) {
    this.#child = spawn('ip', ['netns', 'exec', netns, ...through, program], { stdio: 'pipe' });
    const decoder = new FrameDecoder();
    const { stdin, stdout, stderr } = this.#child;
    this.#helloSaid = new Promise((resolve) => {
      stdout?.on('data', (chunk: Buffer) => {
        this.events.push(...decoder.push(chunk));
        if (this.events.some(({ kind }) => kind === 'hello' || kind === 'kernel')) resolve();
      });
      stdout?.on('end', resolve);
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    stdin?.on('error', () => {});
    stdin?.write(plan);
  }

  /** A line of /proc/PID/status of the program, once its set-up is done. */
  async status(field: string): Promise<string | undefined> {
    await this.#helloSaid;
    // What is given up is given up after the hello.
    this.#settled ??= new Promise((resolve) => setTimeout(resolve, 300));
    await this.#settled;
    const text = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(text)?.[1];
  }

  /** Resolves when the hello has come, or the program has ended without. */
  async hello(): Promise<void> {
    await this.#helloSaid;
  }

  /** The exit status. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  end(): void {
    this.#child.stdin?.end();
  }

  /** Asks it to end in good order. */
  stop(): void {
    this.#child.stdin?.write('stop\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  get counters() {
    return this.events.flatMap((event) => (event.kind === 'counters' ? [event.counters] : [])).at(-1);
  }
}
