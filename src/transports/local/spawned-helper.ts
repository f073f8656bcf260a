import { spawn } from 'node:child_process';
import { CodedError } from '../../model/errors.js';
import type { HelperExit, HelperProcess } from '../transport.js';
import { stopsWithUs } from './job-control.js';

const STDERR_KEPT = 4_000;
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
  let stderr = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  // The helper may end before it has read its plan; that shows in how it exited, not here.
  child.stdin.on('error', () => {});
  const exited = new Promise<HelperExit>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new CodedError('E_HELPER', `cannot start ${command}: ${cause.message}`, 'run rxray doctor', 4));
    });
    child.once('close', (code, signal) => resolve({ code, signal, stderr: stderr.trim() }));
  });
  // Whoever awaits it gets the rejection; this keeps it from counting as unhandled until then.
  exited.catch(() => {});
  return {
    output: child.stdout,
    exited,
    send: (text) => {
      if (child.stdin.writable) child.stdin.write(text);
    },
    closeInput: () => {
      child.stdin.end();
    },
    terminate: () => {
      child.kill('SIGTERM');
      // One that is stopped takes no notice of that; this one nobody can ignore.
      const last = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      child.once('close', () => clearTimeout(last));
    },
  };
}
