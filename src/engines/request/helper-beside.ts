import { spawn } from 'node:child_process';
import { helperPipes } from '../../transports/helper-pipes.js';
import type { HelperProcess, Transport } from '../../transports/transport.js';

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

/** In the process group of this one, which is ended as a whole. */
function launched(path: string, args: readonly string[]): HelperProcess {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  return {
    ...helperPipes(path, child),
    terminate: () => {
      child.kill('SIGKILL');
    },
  };
}
