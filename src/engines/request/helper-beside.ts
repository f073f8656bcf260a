import { spawn } from 'node:child_process';
import { CodedError } from '../../model/errors.js';
import type { HelperExit, Transport } from '../../transports/transport.js';

const STDERR_KEPT = 1_000;

/** The word before the path of the helper that hears answers, and the one before the reason why there is none. */
const HELPER_WORD = '--stamps-by';
const NONE_WORD = '--no-stamps';

/** What tells the program that sends requests of the helper. @param none why there is none */
export function stampWords(helper: string | undefined, none = ''): readonly string[] {
  return helper === undefined ? [NONE_WORD, none] : [HELPER_WORD, helper];
}

/** Starts the helper of those words as a child of this process, which it ends with; else the reason why there is none. */
export function helperBeside(words: readonly string[]): Transport | string {
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const path = after(HELPER_WORD);
  if (path === undefined) return after(NONE_WORD) ?? 'no helper was named';
  return { place: 'this host', launch: (_, args) => launched(path, args) };
}

function launched(path: string, args: readonly string[]): ReturnType<Transport['launch']> {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.stdin.on('error', () => {});
  const exited = new Promise<HelperExit>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new CodedError('E_HELPER', `cannot start ${path}: ${cause.message}`, 'run rxray doctor', 4)),
    );
    child.once('close', (code, signal) => resolve({ code, signal, stderr: stderr.trim() }));
  });
  // Whoever awaits it gets the rejection.
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
      child.kill('SIGKILL');
    },
  };
}
