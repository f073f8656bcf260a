import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError } from '../../model/errors.js';
import { PROTOCOLS } from '../../model/protocol.js';
import type { Watch } from '../../model/watch.js';

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
  const file = join(folder, `probes-${process.pid}.json`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Those that were killed could not take theirs back.
    for (const { pid } of listed()) if (!isAlive(pid)) rmSync(join(folder, `probes-${pid}.json`), { force: true });
    const running: RunningProbes = { ...probes, pid: process.pid, startedMs: Date.now() };
    // Written beside and renamed: nobody reads half of it.
    writeFileSync(`${file}.new`, JSON.stringify(running), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // Without such a folder the probes cannot be followed; probing goes on.
    return () => {};
  }
  const withdraw = (): void => rmSync(file, { force: true });
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

function listed(): RunningProbes[] {
  let names: string[];
  try {
    names = readdirSync(runtimeFolder());
  } catch {
    return [];
  }
  return names
    .filter((name) => /^probes-\d+\.json$/.test(name))
    .flatMap((name) => {
      try {
        const parsed = runningSchema.parse(JSON.parse(readFileSync(join(runtimeFolder(), name), 'utf8')));
        return [parsed as RunningProbes];
      } catch {
        return [];
      }
    });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function runtimeFolder(): string {
  const own = process.env.XDG_RUNTIME_DIR;
  if (own !== undefined && own !== '') return join(own, 'rxray');
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? '/run/rxray' : join(tmpdir(), `rxray-${uid}`);
}
