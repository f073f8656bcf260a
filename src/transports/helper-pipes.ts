import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { CodedError } from '../model/errors.js';
import type { HelperExit, HelperProcess } from './transport.js';

const STDERR_KEPT = 4_000;

/** What goes over the three pipes of a helper, and how it ended. */
export function helperPipes(command: string, child: ChildProcessWithoutNullStreams): Omit<HelperProcess, 'terminate'> {
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
  };
}
