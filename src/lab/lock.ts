import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../model/errors.js';
import { startTicks } from './process.js';
import type { LabState } from './state.js';

const POLL_MS = 50;
const PATIENCE_MS = 30_000;

/** Keeps two commands from building and removing the same lab at once; a dead holder does not count. */
export async function withLock<T>(state: LabState, work: () => Promise<T>): Promise<T> {
  const file = state.lockFile;
  const own = `${process.pid} ${startTicks(process.pid)}`;
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = 0; !take(file, own); waited += POLL_MS) {
    if (waited >= PATIENCE_MS) {
      throw new CodedError(
        'E_LAB_BUSY',
        `process ${holder(file).split(' ')[0]} has been changing lab '${state.name}' for ${PATIENCE_MS / 1000} s`,
        'wait for it, or end it',
        4,
      );
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
    try {
      rmdirSync(dirname(file));
    } catch {
      // Other labs have their files there.
    }
  }
}

function take(file: string, own: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, own, { flag: 'wx' });
    return true;
  } catch {
    const [pid, ticks] = holder(file).split(' ');
    if (pid && ticks && startTicks(Number(pid)) !== ticks) {
      rmSync(file, { force: true });
    }
    return false;
  }
}

function holder(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
