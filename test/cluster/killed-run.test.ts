import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../../src/installation/package-folder.js';
import { leftBehind, type RunNames } from './cluster-run.js';
import { imageArchive } from './running-cluster.js';

const RUNNER = join(packageFolder(), 'scripts/test-cluster.mjs');
const STARTS_MS = 240_000;
const GONE_MS = 60_000;
const ROUND_MS = 300;
const NOTHING = { processes: [], networks: [], groups: [], mounts: [], folders: [] };

suite('a run of real kubelets that is killed', { timeout: 600_000 }, () => {
  const skip = imageArchive() === undefined ? 'there is no image: npm run package' : false;

  test('what was started beside it takes everything away', { skip }, async () => {
    const { leftOf } = await leftBehind();
    const { pid, names } = await running();
    await killed(pid);
    const began = performance.now();
    while (leftOf(names).folders.length > 0 && performance.now() - began < GONE_MS) await sleep(ROUND_MS);
    assert.deepEqual(leftOf(names), NOTHING);
    console.log(`  all gone ${((performance.now() - began) / 1000).toFixed(1)} s after it was killed`);
  });

  test('that is killed with it: the next start takes everything away', { skip }, async () => {
    const { leftOf, sweepDeadRuns } = await leftBehind();
    const { pid, keeper, names } = await running();
    process.kill(keeper, 'SIGKILL');
    await killed(pid);
    const left = leftOf(names);
    console.log(`  left: ${Object.entries(left).map(([kind, all]) => `${all.length} ${kind}`)}`);
    for (const [kind, all] of Object.entries(left)) assert.ok(all.length > 0, kind);
    await sweepDeadRuns();
    assert.deepEqual(leftOf(names), NOTHING);
  });
});

/** A run of one node, from when its kubelet has a pod running. */
async function running(): Promise<{ readonly pid: number; readonly keeper: number; readonly names: RunNames }> {
  const { namesOf, sweepDeadRuns } = await leftBehind();
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const runner = spawn(process.execPath, [RUNNER, 'nodes'], {
    stdio: 'ignore',
    env: { ...env, RXRAY_CLUSTER_NODES: '1' },
  });
  const pid = runner.pid ?? 0;
  const names = namesOf(pid);
  for (const end = performance.now() + STARTS_MS; performance.now() < end; await sleep(ROUND_MS)) {
    const keeper = childrenOf(pid).find((child) => commandOf(child).includes('keeper.mjs'));
    if (keeper !== undefined && hasPod(names.name)) return { pid, keeper, names };
    assert.ok(runner.exitCode === null, `it has ended by itself, with ${runner.exitCode}`);
  }
  await killed(pid);
  await sweepDeadRuns();
  assert.fail('no pod was started');
}

/** Returns when it is gone. */
async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while (commandOf(pid) !== '') await sleep(ROUND_MS);
}

/** Whether a kubelet of the run has put a process into a control group of a pod. */
function hasPod(name: string): boolean {
  return processIds().some((pid) => read(`/proc/${pid}/cgroup`).includes(`/${name}/node-1/kubepods/pod`));
}

function childrenOf(pid: number): number[] {
  return processIds().filter((child) => new RegExp(`^PPid:\\s+${pid}$`, 'm').test(read(`/proc/${child}/status`)));
}

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);

/** Empty of one that has ended. */
const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
