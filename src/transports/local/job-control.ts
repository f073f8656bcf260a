import type { ChildProcess } from 'node:child_process';

/** Helpers that run, each in a process group of its own. */
const running = new Set<number>();

/**
 * Stops a helper when the terminal stops rxray (Ctrl-Z), and continues it with rxray: nothing goes on sending behind a
 * shell that says it is stopped. What it missed meanwhile it tells as a pause of its own.
 *
 * @param helper leads its own process group
 */
export function stopsWithUs(helper: ChildProcess): void {
  const { pid } = helper;
  if (pid === undefined) return;
  if (running.size === 0) {
    process.on('SIGTSTP', stop);
    process.on('SIGCONT', goOn);
  }
  running.add(pid);
  helper.once('exit', () => {
    running.delete(pid);
    if (running.size > 0) return;
    process.off('SIGTSTP', stop);
    process.off('SIGCONT', goOn);
  });
}

function stop(): void {
  signalAll('SIGSTOP');
  process.kill(process.pid, 'SIGSTOP');
}

function goOn(): void {
  signalAll('SIGCONT');
}

function signalAll(signal: NodeJS.Signals): void {
  for (const pid of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended, or runs as a user whose processes we may not signal.
    }
  }
}
