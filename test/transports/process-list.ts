import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

export interface SeenProcess {
  readonly pid: number;
  readonly command: string;
}

/** What runs on this machine beside this process, as /proc shows it. */
export function processes(): SeenProcess[] {
  return listed('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      // Empty for the kernel's threads and for what has ended but was not yet waited for.
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' ? [] : [{ pid, command }];
    } catch {
      return [];
    }
  });
}

/** What runs in any of these named network namespaces. */
export function processesIn(...namespaces: string[]): SeenProcess[] {
  const wanted = new Set(namespaces.map((namespace) => `net:[${statSync(`/run/netns/${namespace}`).ino}]`));
  return processes().filter(({ pid }) => {
    try {
      return wanted.has(readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      return false;
    }
  });
}

/** Ends a process that may have ended on its own since it was seen. */
export function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The names in a folder; none when there is no such folder. */
export function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
