import { readdirSync } from 'node:fs';
import * as z from 'zod';
import { CodedError } from '../../model/errors.js';
import { PROTOCOLS } from '../../model/protocol.js';
import type { Watch } from '../../model/watch.js';
import { PrivateFolder } from '../run/private-folder.js';

const port = z.int().min(0).max(65_535);
const runningSchema = z.object({
  command: z.string(),
  pid: z.int(),
  startedMs: z.number(),
  secret: z.string().regex(/^[0-9a-f]{32}$/),
  paths: z.array(
    z.object({
      name: z.string(),
      watch: z.object({
        path: z.int(),
        protocol: z.enum(PROTOCOLS),
        target: z.string(),
        source: z.string(),
        port: port.optional(),
        ports: z.tuple([port, port]).optional(),
        freshPorts: z.tuple([port, port]).optional(),
        icmpId: port.optional(),
        tunnel: z.boolean().optional(),
        interface: z.string(),
      }),
    }),
  ),
});

/** The probes of a command that runs: what a tracer needs to know them by. */
export interface RunningProbes {
  readonly command: string;
  readonly pid: number;
  readonly startedMs: number;
  /** What their keys are made of: the file that says it is its owner's alone. */
  readonly secret: string;
  readonly paths: readonly { readonly name: string; readonly watch: Watch }[];
}

/** Tells others of this user, by a file, which probes this process sends; returns how to take that back. */
export function publishProbes(probes: Omit<RunningProbes, 'pid' | 'startedMs'>): () => void {
  const folder = runtimeFolder();
  const file = fileOf(process.pid);
  try {
    folder.make();
    // Those that were killed could not take theirs back.
    for (const { pid } of listed()) if (!isAlive(pid)) folder.remove(fileOf(pid));
    const running: RunningProbes = { ...probes, pid: process.pid, startedMs: Date.now() };
    folder.write(file, JSON.stringify(running));
  } catch {
    // Without such a folder the probes cannot be followed; probing goes on.
    return () => {};
  }
  const withdraw = (): void => {
    folder.remove(file);
    folder.tidy();
  };
  process.once('exit', withdraw);
  return () => {
    process.off('exit', withdraw);
    withdraw();
  };
}

/**
 * The probes that run now: those of the command with that process id, or of the one that started last.
 *
 * @throws CodedError E_NO_PROBES when none run
 */
export function runningProbes(pid?: number): RunningProbes {
  const all = listed().filter((running) => (pid === undefined || running.pid === pid) && isAlive(running.pid));
  const [newest] = all.sort((one, other) => other.startedMs - one.startedMs);
  if (newest !== undefined) return newest;
  throw new CodedError(
    'E_NO_PROBES',
    pid === undefined ? 'no probe or bisect of this user is running' : `process ${pid} sends no probes`,
    'start rxray probe or bisect first, as the same user on this host; or name the packets: --icmp-id, --syn-port',
    2,
  );
}

/** Whose probes are under way beside those of one process: `bisect (process 17)`. */
export function otherProbes(pid: number): string[] {
  return listed()
    .filter((running) => running.pid !== pid && isAlive(running.pid))
    .map((running) => `${running.command} (process ${running.pid})`);
}

function listed(): RunningProbes[] {
  const folder = runtimeFolder();
  let names: string[];
  try {
    names = folder.isThere() ? readdirSync(folder.path) : [];
  } catch {
    return [];
  }
  return names
    .filter((name) => /^probes-\d+\.json$/.test(name))
    .flatMap((name) => {
      try {
        return [runningSchema.parse(JSON.parse(folder.read(name) ?? '')) as RunningProbes];
      } catch {
        return [];
      }
    });
}

const fileOf = (pid: number): string => `probes-${pid}.json`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function runtimeFolder(): PrivateFolder {
  return new PrivateFolder('rxray');
}
