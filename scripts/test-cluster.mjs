#!/usr/bin/env node
// Runs the tests that want a real Kubernetes, in a network namespace of their own: `npm run test:cluster [WORD [NAME]]`, of
// the files with the word in their names those tests whose title fits. What they are made of is built or downloaded once
// (scripts/cluster).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ingredients } from './cluster/ingredients.mjs';
import { beginRun, sweepDeadRuns } from './cluster/left-behind.mjs';
import { fail, root, step } from './step.mjs';

const [word = '', title] = process.argv.slice(2);
if (process.getuid() !== 0) fail('the tests of the cluster make network namespaces: run them as root');
// A run that a test of such a run starts has what that one has built.
if (process.env.RXRAY_CLUSTER_NAME === undefined) step('node', ['scripts/build.mjs'], { quiet: true });
ingredients();

const folder = join(root, 'dist/test/cluster');
const files = readdirSync(folder).filter((name) => name.endsWith('.test.js') && name.includes(word));
if (files.length === 0) fail(`no test of the cluster has ${word} in its name`);
// Half of them would be left out, and all that were not be green.
if (word === '' && !hasImage()) fail('there is no image for the pods of the cluster: run npm run package first');
await sweepDeadRuns();
const run = beginRun();
const keeper = spawn(process.execPath, [join(root, 'scripts/cluster/keeper.mjs'), String(process.pid)], {
  detached: true,
  stdio: ['pipe', 'inherit', 'inherit'],
});
let status = 1;
try {
  ip('netns', 'add', run.name);
  ip('-n', run.name, 'link', 'set', 'lo', 'up');
  ip('-n', run.name, 'address', 'add', '10.99.0.1/32', 'dev', 'lo');
  const tests = spawn(
    'nsenter',
    [
      ...[`--net=/run/netns/${run.name}`, process.execPath, '--test', '--test-concurrency=1', '--test-reporter=spec'],
      ...(title === undefined ? [] : [`--test-name-pattern=${title}`]),
      ...files.map((name) => join(folder, name)),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, RXRAY_CLUSTER_NAME: run.name, RXRAY_CLUSTER_FOLDER: run.folder },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tests.kill('SIGTERM'));
  [status] = await once(tests, 'exit');
} finally {
  const gone = once(keeper, 'exit');
  keeper.stdin.end();
  await gone;
}
process.exitCode = status ?? 1;

function hasImage() {
  const folder = join(root, 'packages');
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('-oci.tar'));
}

function ip(...args) {
  const done = spawnSync('ip', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) throw new Error(`ip ${args.join(' ')} failed`);
}
