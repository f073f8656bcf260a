import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const MEMORY = '/sys/fs/cgroup/memory';
export const CPU = '/sys/fs/cgroup/cpu';
/** Where version 2 is: alone, or beside version 1. */
export const UNIFIED = existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';

/** Why control groups cannot be made under `root`; false when they can. */
export function groupsMissing(root: string): string | false {
  if (process.getuid?.() !== 0) return 'makes control groups: needs root';
  if (!existsSync(`${root}/cgroup.procs`)) return `no control groups at ${root}`;
  const tried = `${root}/rxray-try-${process.pid}`;
  try {
    mkdirSync(tried);
    rmdirSync(tried);
    return false;
  } catch (error) {
    return `control groups at ${root} cannot be made (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Groups of a hierarchy, its root included. */
export function groupCount(root: string): number {
  return Number(execFileSync('sh', ['-c', `find ${root} -type d 2>/dev/null | wc -l`], { encoding: 'utf8' }));
}

/**
 * Runs with a control group, and removes it with all groups below. Whatever ran in it has to have ended by then; a
 * group whose last process just has may be busy for a moment.
 */
export async function withGroup(root: string, work: (group: string) => Promise<void>): Promise<void> {
  const group = `${root}/rxray-check-${process.pid}`;
  mkdirSync(group);
  try {
    await work(group);
  } finally {
    for (const name of readdirSync(group, { withFileTypes: true })) {
      if (name.isDirectory()) await removeGroup(`${group}/${name.name}`);
    }
    await removeGroup(group);
  }
}

async function removeGroup(group: string): Promise<void> {
  for (const end = performance.now() + 5_000; ; await sleep(10)) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

const PERIOD_US = 100_000;

/** Processes under a CPU quota of their own, until it is ended. */
export class QuotaGroup {
  readonly #group: string;

  /** @param name of a group below {@link CPU} */
  constructor(name: string, millicores: number, pids: readonly number[]) {
    this.#group = `${CPU}/${name}`;
    mkdirSync(this.#group);
    writeFileSync(`${this.#group}/cpu.cfs_period_us`, String(PERIOD_US));
    writeFileSync(`${this.#group}/cpu.cfs_quota_us`, String(Math.round((millicores / 1000) * PERIOD_US)));
    for (const pid of pids) moveTo(this.#group, pid);
  }

  /** What is still in it goes on without. */
  end(): void {
    for (const pid of readFileSync(`${this.#group}/cgroup.procs`, 'utf8').split('\n')) {
      if (pid !== '') moveTo(CPU, Number(pid));
    }
    rmdirSync(this.#group);
  }
}

/** A prober has real-time priority, for which not every kernel takes it into a group: then its agent alone has the quota. */
function moveTo(group: string, pid: number): void {
  try {
    writeFileSync(`${group}/cgroup.procs`, String(pid));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ESRCH') throw error;
  }
}

/** Goes round all groups of a folder, charging one page to each, until its input ends, or for as many rounds. */
const ROUNDS = `
use strict;
my ($group, $count, $files, $rounds) = @ARGV;
$SIG{ALRM} = sub { exit 0 }; alarm 30;
if ($rounds == 0) { my $pid = fork(); if ($pid == 0) { sysread(STDIN, my $end, 1); kill 'TERM', getppid(); exit 0 } }
$| = 1;
for (my $round = 0; $rounds == 0 || $round < $rounds; $round++) {
  for my $i (1 .. $count) {
    open(my $procs, '>', "$group/g$i/cgroup.procs") or die "$group/g$i: $!";
    syswrite($procs, "$$\\n"); close $procs;
    unlink "$files/f$i";
    open(my $file, '>', "$files/f$i") or die $!;
    syswrite($file, 'x' x 4096); close $file;
  }
  print "round $round\\n";
}
`;

/** Makes groups g1 … below one. */
export function makeGroups(group: string, count: number): void {
  for (let index = 1; index <= count; index += 1) mkdirSync(`${group}/g${index}`);
}

/** Makes groups die while a file in memory, charged to each, holds it; `files` is the folder of those. */
export function makeZombies(group: string, count: number, files: string): void {
  mkdirSync(files);
  makeGroups(group, count);
  execFileSync('perl', ['-e', ROUNDS, group, String(count), files, '1'], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let index = 1; index <= count; index += 1) rmdirSync(`${group}/g${index}`);
}

/** Keeps the counters of many groups changing while `work` runs. */
export async function whileChanging(
  group: string,
  count: number,
  files: string,
  work: () => Promise<void>,
): Promise<void> {
  mkdirSync(files);
  const child = spawn('perl', ['-e', ROUNDS, group, String(count), files, '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    child.stdout?.resume();
    await work();
  } finally {
    child.stdin?.end();
    await exitOf(child);
    rmSync(files, { recursive: true });
  }
}

export async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}
