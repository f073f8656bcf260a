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
