import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  SyscallEndRecord,
  SyscallRecord,
  SyscallSummaryRecord,
  SyscallTraceLine,
} from '../../src/model/records/syscall.js';
import { RXRAY } from './rxray.js';

/** By its path: what stands before it on the PATH may be a script of many calls. */
export const PYTHON = '/usr/bin/python3';

/** What a trace told, by kind. */
export interface Told {
  readonly status: number | null;
  readonly err: string;
  readonly lines: readonly SyscallTraceLine[];
  readonly calls: readonly SyscallRecord[];
  readonly summaries: readonly SyscallSummaryRecord[];
  readonly end: SyscallEndRecord;
}

export interface Tracing {
  readonly child: ChildProcess;
  /** The hooks are on. */
  readonly started: Promise<void>;
  readonly ended: Promise<Told>;
  stop(): void;
}

/** `rxray trace syscalls --json …`; `under` is a command in front of it. */
export function traceSyscalls(args: readonly string[], under: readonly string[] = []): Tracing {
  const [program = '', ...rest] = [...under, process.execPath, RXRAY, 'trace', 'syscalls', '--json', ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  let begun: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  // Where a command is traced, its own output is on standard output.
  const look = (): void => {
    if (/^\{"type":"trace"/m.test(out) || /^\{"type":"trace"/m.test(err)) begun();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    look();
  });
  const ended = once(child, 'close').then(([status]) => {
    begun();
    const lines = `${out}\n${err}`
      .split('\n')
      .filter((line) => line.startsWith('{"type":"'))
      .map((line) => JSON.parse(line) as SyscallTraceLine);
    const end = lines.find((line) => line.type === 'syscall-end');
    return {
      status: status as number | null,
      err,
      lines,
      calls: lines.filter((line) => line.type === 'syscall'),
      summaries: lines.filter((line) => line.type === 'syscall-summary'),
      end: end as SyscallEndRecord,
    };
  });
  return { child, started, ended, stop: () => void child.kill('SIGINT') };
}

/** The number of each call that a process made, by summaries. */
export function counted(told: Told, name: string): { count: number; errors: number } {
  const rows = told.summaries.filter((row) => row.name === name);
  return {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    errors: rows.reduce((sum, row) => sum + row.errors, 0),
  };
}

export interface Worker {
  readonly pid: number;
  /** Lets it work; resolves with what it prints when it is done. */
  work(): Promise<string>;
  end(): void;
}

/**
 * A process that is there, asleep, until it is told to work. Its program is Python: one call of `os` is one system
 * call.
 *
 * @param cgroups folders that it is put into
 * @param program by which its name can be chosen
 */
export async function startWorker(body: string, cgroups: readonly string[] = [], program = 'python3'): Promise<Worker> {
  const code = `import os, sys, time, json\nprint("ready", flush=True)\nsys.stdin.readline()\n${body}\n`;
  const child = spawn(program, ['-c', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stdin.on('error', () => {});
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  for (const folder of cgroups) writeFileSync(`${folder}/cgroup.procs`, String(pid));
  const ended = once(child, 'close').then(() => out.replace(/^ready\n/, ''));
  return {
    pid,
    work: () => {
      child.stdin.write('go\n');
      return ended;
    },
    end: () => {
      child.kill('SIGKILL');
    },
  };
}

/** Makes folders of cgroups for as long as `work` takes; processes in them must have been told to end by then. */
export async function withCgroups(folders: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  try {
    await work();
  } finally {
    for (const folder of [...folders].reverse()) {
      // A process that was killed leaves its cgroup a moment later; nothing tells when.
      for (const end = Date.now() + 2000; !isEmpty(folder) && Date.now() < end; ) await sleep(10);
      removeTree(folder);
    }
  }
}

function isEmpty(folder: string): boolean {
  if (!existsSync(folder)) return true;
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (readFileSync(`${folder}/cgroup.procs`, 'utf8') !== '') return false;
  return below.length > 100 || below.every(({ name }) => isEmpty(`${folder}/${name}`));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(`${folder}/${entry.name}`);
  }
  rmdirSync(folder);
}

/** Where cgroups of a version are mounted on this machine: v1 means the memory hierarchy. */
export function cgroupMount(version: 1 | 2): string | undefined {
  const places = version === 1 ? ['/sys/fs/cgroup/memory'] : ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
  return places.find((place) => existsSync(`${place}/cgroup.procs`) && isVersion(place, version));
}

function isVersion(place: string, version: 1 | 2): boolean {
  return existsSync(`${place}/cgroup.controllers`) === (version === 2);
}

export function theOnly<T>(list: readonly T[]): T {
  assert.equal(list.length, 1);
  return list[0] as T;
}
