import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabStatus } from '../../src/lab/lab.js';
import { recordedProcess } from '../../src/lab/process.js';
import { quotaGroup } from '../../src/lab/quota-group.js';
import { LabState } from '../../src/lab/state.js';

const LEAVES_MS = 2_000;

/** Puts a process into a group of its own, which may have so many CPUs. */
export function limitedTo(t: TestContext, { name }: LabStatus, what: string, cpus: number): (pid: number) => void {
  const { group } = quotaGroup(`${name}-${what}`, recordedProcess(new LabState(name), 'web')?.pid ?? 0);
  t.after(() => removed(group));
  return (pid) => limited(group, pid, cpus);
}

/** A process that was waited for leaves its group a moment later (some kernels): until then that is busy. */
async function removed(group: string): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || waited >= LEAVES_MS) throw error;
      await sleep(50);
    }
  }
}

function limited(group: string, pid: number, cpus: number): void {
  mkdirSync(group, { recursive: true });
  try {
    writeFileSync(join(group, 'cpu.max'), `${cpus * 100_000} 100000`, { flag: 'r+' });
  } catch {
    writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
    writeFileSync(join(group, 'cpu.cfs_quota_us'), String(cpus * 100_000));
  }
  // What else the machine has to do keeps the server from its CPU for less than the quota does.
  const weight = join(group, 'cpu.weight');
  if (existsSync(weight)) writeFileSync(weight, '10000');
  else writeFileSync(join(group, 'cpu.shares'), '262144');
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
}
