#!/usr/bin/env node
// Tests in a process of their own, beside others. What they print comes out whole, when all have ended.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, whole } from '../step.mjs';
import { IdleGroup } from './idle-group.mjs';
import { runTests } from './run-tests.mjs';
import { Tally } from './tally.mjs';

const OWN = fileURLToPath(import.meta.url);
/** In place of the folder of an idle group. */
const NO_GROUP = '-';

/**
 * Gets of the CPUs what others leave. Where the kernel has groups for that, others do not notice: whoever wakes up has
 * the CPU at once.
 *
 * @param commands that are run beside them, one after the other: the words of each
 * @returns whether they are in such a group, how they are kept to some CPUs, and what resolves when all have ended and
 *   `tally` has them
 */
export function startBehind(paths, tally, commands = []) {
  const group = new IdleGroup();
  const remove = () => group.remove();
  process.once('exit', remove);
  // One more than there are CPUs, as many of them wait.
  const atOnce = availableParallelism() + 1;
  const ended = startApart(['chrt', '--idle', '0'], paths, atOnce, tally, group.folder ?? '', commands).finally(() => {
    process.off('exit', remove);
    remove();
  });
  return { isIdle: group.folder !== undefined, keepTo: (cpus) => group.keepTo(cpus), ended };
}

/** Keeps to the first CPU, one after the other: faults that take a CPU take the second. */
export function startOnFirstCpu(paths, tally) {
  return startApart(['taskset', '--cpu-list', '0'], paths, 1, tally);
}

async function startApart(through, paths, atOnce, tally, group = NO_GROUP, commands = []) {
  if (paths.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'apart-'));
  const [list, result] = [join(folder, 'files'), join(folder, 'tally')];
  writeFileSync(list, paths.join('\n'));
  try {
    const printed = [];
    const words = [...through, process.execPath, OWN, list, result, String(atOnce), group, JSON.stringify(commands)];
    const child = spawn('setsid', ['--wait', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => {
      try {
        process.kill(-child.pid);
      } catch {
        // It has ended.
      }
    };
    process.once('exit', end);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
    const status = await new Promise((resolve) => child.on('close', resolve).on('error', resolve));
    process.off('exit', end);
    process.stdout.write(Buffer.concat(printed));
    if (existsSync(result)) tally.add(JSON.parse(readFileSync(result, 'utf8')));
    if (status !== 0) tally.broke();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the status of the first that failed */
async function inTurn(commands) {
  let failed = 0;
  for (const [command, ...words] of commands) failed = (await whole(command, words)) || failed;
  return failed;
}

if (process.argv[1] === OWN) {
  const [, , list, result, atOnce, group, commands] = process.argv;
  if (group !== NO_GROUP) IdleGroup.join(group);
  const tally = new Tally(join(root, 'dist/test'));
  const beside = inTurn(JSON.parse(commands));
  await runTests(readFileSync(list, 'utf8').split('\n'), Number(atOnce), tally);
  writeFileSync(result, JSON.stringify(tally));
  process.exitCode = await beside;
}
