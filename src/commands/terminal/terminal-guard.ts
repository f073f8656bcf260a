import { execFileSync, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * What leaves the dashboard's screen: the other buffer, mouse reports (in each of their ways), the keypad's keys, line
 * drawing, colours; and brings the cursor back.
 */
const LEAVE = ['?1049l', '?1000l', '?1002l', '?1003l', '?1005l', '?1006l', '?1015l', '?2004l', '?1l', '?25h', '0m']
  .map((mode) => `\\033[${mode}`)
  .join('');

/**
 * Waits for a word, which comes when the terminal has been given back in order. If the pipe closes without it, rxray was
 * killed, and could not. `$1` are the terminal's settings from before.
 */
const WATCH = `trap '' HUP INT QUIT TERM TTOU
read -r word && exit 0
printf '${LEAVE}\\033>\\017' >&1
[ -z "$1" ] || stty "$1" <&1`;

/**
 * Gives the terminal back when this process is killed by a signal that cannot be caught. A child in a session of its own
 * does it, which ends with this process in any case.
 *
 * @param terminal descriptor of the terminal, before it is taken over
 * @returns to be called when the terminal has been given back
 */
export function guardTerminal(terminal: number): () => void {
  const child = spawn('sh', ['-c', WATCH, 'sh', settingsOf(terminal)], {
    stdio: ['pipe', terminal, 'ignore'],
    detached: true,
  });
  // Without a shell the terminal is not guarded, and all else works.
  child.on('error', () => {});
  // A pipe to a child is a socket, which its type does not say.
  const word = child.stdin as Socket;
  word.on('error', () => {});
  child.unref();
  word.unref();
  const release = (): void => {
    process.off('exit', release);
    word.end('done\n');
  };
  process.on('exit', release);
  return release;
}

/** As `stty` takes them again; empty where there is no `stty`. */
function settingsOf(terminal: number): string {
  try {
    return execFileSync('stty', ['-g'], { stdio: [terminal, 'pipe', 'ignore'], encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
