import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { HOST_ADDRESS, type HostName, NODEPORT_LOCAL } from '../../src/lab/addresses.js';
import { namespaceOf } from '../../src/lab/state.js';
import { RXRAY } from './rxray.js';

export const LAB = 'trc';

/** A command line of rxray at work; what it writes is kept. */
export class RunningCommand {
  out = '';
  err = '';
  readonly #waiting: (() => void)[] = [];
  readonly closed: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      for (const look of this.#waiting) look();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.closed = once(child, 'close').then(([code]) => code as number | null);
  }

  static start(...words: readonly string[]): RunningCommand {
    return new RunningCommand(spawn(process.execPath, [RXRAY, ...words], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  static startOn(host: HostName, ...words: readonly string[]): RunningCommand {
    const argv = ['netns', 'exec', namespaceOf(LAB, host), process.execPath, RXRAY, ...words];
    return new RunningCommand(spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Resolves once it has written this; rejects when it ends before. */
  async wrote(text: string): Promise<void> {
    if (this.out.includes(text)) return;
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#waiting.push(() => {
          if (this.out.includes(text)) resolve();
        });
      }),
      this.closed.then((code) => Promise.reject(new Error(`ended with ${code} before it wrote ${text}: ${this.err}`))),
    ]);
  }

  /** Ctrl-C; resolves to its exit status. */
  async interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.closed;
  }

  /** Its NDJSON lines of one type. */
  records<T>(type: string): T[] {
    return this.out
      .split('\n')
      .filter((line) => line.startsWith(`{"type":"${type}"`))
      .map((line) => JSON.parse(line) as T);
  }
}

/**
 * Probes from the outside host that cross every receive queue of the bad node every few milliseconds: each goes to one
 * of four by chance, so that the first to be held comes more than 48 ms late once in a million stalls.
 */
export function probeEveryQueue(): RunningCommand {
  const target = `${HOST_ADDRESS.bad}:${NODEPORT_LOCAL}`;
  const words = [
    'probe',
    target,
    '--syn',
    '--flows',
    '64',
    '--fresh',
    '0',
    '-i',
    '1ms',
    '--cpu',
    '0',
    '--json',
    '-d',
    '150s',
  ];
  return RunningCommand.startOn('shell', ...words);
}
