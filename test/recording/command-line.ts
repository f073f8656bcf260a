import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

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
}

export function startRxray(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  let lines = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    lines += text.split('\n').length - 1;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => resolve({ status, out, err }));
  });
  const printed = async (wanted: number): Promise<void> => {
    while (lines < wanted && child.exitCode === null) await Promise.race([once(child.stdout, 'data'), ended]);
  };
  return { child, ended, printed };
}

export function rxray(...args: readonly string[]): Promise<Ended> {
  return startRxray(...args).ended;
}

/** The records of NDJSON, by type. */
export function records<T = Record<string, unknown>>(text: string, type: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`{"type":"${type}"`))
    .map((line) => JSON.parse(line) as T);
}
