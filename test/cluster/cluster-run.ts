import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';

/** All that a run makes goes by this name, and lies in this folder (scripts/cluster/left-behind.mjs). */
export const RUN: RunNames = {
  name: process.env.RXRAY_CLUSTER_NAME ?? '',
  folder: process.env.RXRAY_CLUSTER_FOLDER ?? '',
};

/** A new folder of the run. */
export function runFolder(prefix: string): string {
  if (RUN.folder === '') throw new Error('tests of the cluster are run by npm run test:cluster');
  return mkdtempSync(join(RUN.folder, `${prefix}-`));
}

/** What a run goes by. */
export interface RunNames {
  readonly folder: string;
  readonly name: string;
}

interface LeftBehind {
  namesOf(pid: number): RunNames;
  leftOf(names: RunNames): Readonly<Record<'processes' | 'networks' | 'groups' | 'mounts' | 'folders', unknown[]>>;
  sweepDeadRuns(): Promise<void>;
  endAll(folder: string, networks: readonly string[]): Promise<void>;
  removeGroups(name: string): Promise<void>;
}

/** What ends and removes parts of a run. */
export async function leftBehind(): Promise<LeftBehind> {
  return (await import(join(packageFolder(), 'scripts/cluster/left-behind.mjs'))) as LeftBehind;
}

const CPU_GROUPS = '/sys/fs/cgroup/cpu';
/** Of the weight of one process that is as urgent as can be. */
const SHARES = 60_000;

/**
 * All containers of a run share the CPUs with everything else on the machine as one group does, by the weight of one
 * ordinary process: on a busy machine not one of them would answer its kubelet in time.
 */
export function weighContainers(): void {
  // On a machine with control groups of version 2 alone weights are inherited.
  if (!existsSync(join(CPU_GROUPS, 'cpu.shares'))) return;
  mkdirSync(join(CPU_GROUPS, RUN.name), { recursive: true });
  writeFileSync(join(CPU_GROUPS, RUN.name, 'cpu.shares'), String(SHARES));
}

const HURRY = `
groups=${CPU_GROUPS}
while sleep 0.5; do
  for pid in $(pgrep -x rxray-prober); do
    grep -q "/${RUN.name}/" /proc/$pid/cgroup || continue
    [ ! -f $groups/cpu.shares ] || echo $pid > $groups/cgroup.procs
    chrt --all-tasks --fifo --pid 1 $pid
  done
done 2> /dev/null`;

/**
 * The probers of all agents run before ordinary processes, those of an escalation too, in the root's group, as groups of
 * containers have no time for that. What else a machine has to do would pause three agents on one CPU for more than a
 * twentieth of the time, and agents that were paused accuse nobody.
 *
 * @returns what ends it
 */
export function hurryProbers(): () => void {
  const child = spawn('sh', ['-c', HURRY], { stdio: 'ignore' });
  return () => child.kill();
}
