import { spawn } from 'node:child_process';
import { helperPipes } from '../helper-pipes.js';
import type { HelperProcess } from '../transport.js';
import { stopsWithUs } from './job-control.js';

/** From SIGTERM to SIGKILL. */
const KILL_AFTER_MS = 1_000;

/**
 * Runs a command with pipes on its three streams.
 *
 * It gets a process group of its own, so that Ctrl-C in the terminal reaches rxray alone, which then ends the
 * run in order: the helper still reports what it has. Ctrl-Z stops it too.
 */
export function spawnHelper(command: string, args: readonly string[]): HelperProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  stopsWithUs(child);
  return {
    ...helperPipes(command, child),
    terminate: () => {
      child.kill('SIGTERM');
      // One that is stopped takes no notice of that; this one nobody can ignore.
      const last = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      child.once('close', () => clearTimeout(last));
    },
  };
}
