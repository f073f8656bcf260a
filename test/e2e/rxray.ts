import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The program, as the build made it. */
export const RXRAY = fileURLToPath(new URL('../../bin/rxray.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export function scenarioFile(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/scenarios/${name}.yaml`, import.meta.url));
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed so many lines, or has ended. */
  printed(lines: number): Promise<void>;
  /** Resolves when that text has come, on either stream; rejects when it ended without. */
  saw(text: string): Promise<void>;
}

/** Where and how it runs. */
export type Place = Pick<SpawnOptions, 'cwd' | 'env' | 'detached'> & {
  /** Descriptor that it writes results to, in place of a pipe. */
  readonly stdout?: number;
  /** A command that becomes it in the end: `['setpriv', …]`. */
  readonly through?: readonly string[];
};

export function startRxrayIn(place: Place, ...args: readonly string[]): Started {
  const { stdout = 'pipe', through = [], ...where } = place;
  const [command = '', ...rest] = [...through, process.execPath, RXRAY, ...args];
  const child = spawn(command, rest, { ...where, stdio: ['ignore', stdout, 'pipe'] });
  let out = '';
  let err = '';
  let lines = 0;
  const news = new EventEmitter();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    lines += text.split('\n').length - 1;
    news.emit('more');
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    news.emit('more');
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => resolve({ status, out, err }));
  });
  const more = (): Promise<unknown> => Promise.race([once(news, 'more'), ended]);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const printed = async (wanted: number): Promise<void> => {
    while (lines < wanted && isRunning()) await more();
  };
  const saw = async (text: string): Promise<void> => {
    while (!out.includes(text) && !err.includes(text)) {
      if (!isRunning()) throw new Error(`ended without saying ${text}: ${out}${err}`);
      await more();
    }
  };
  return { child, ended, printed, saw };
}

export function startRxray(...args: readonly string[]): Started {
  return startRxrayIn({}, ...args);
}

export function rxray(...args: readonly string[]): Promise<Ended> {
  return startRxray(...args).ended;
}

export function rxrayIn(place: Place, ...args: readonly string[]): Promise<Ended> {
  return startRxrayIn(place, ...args).ended;
}

/** The records of NDJSON, by type. */
export function records<T = Record<string, unknown>>(text: string, type: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`{"type":"${type}"`))
    .map((line) => JSON.parse(line) as T);
}

/**
 * The counts of ping's line for one path. A prober that gets no CPU misses slots and says so, hence `slots`: what was
 * asked for, whatever else runs on the machine.
 */
export function pingCounts(text: string): { readonly slots: number; readonly sent: number; readonly received: number } {
  const line = /^(\d+) packets transmitted, (\d+) received.*$/m.exec(text);
  if (line === null) throw new Error(`no line of counts: ${text}`);
  const [sent, received] = line.slice(1).map(Number) as [number, number];
  const missed = Number(/, (\d+) slots? missed/.exec(line[0])?.[1] ?? 0);
  return { slots: sent + missed, sent, received };
}
