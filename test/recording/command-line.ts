import { type ChildProcess, spawn } from 'node:child_process';
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

export function startRxray(...args: readonly string[]): {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status) => resolve({ status, out, err }));
  });
  return { child, ended };
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
