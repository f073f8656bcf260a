#!/usr/bin/env node
// Runs the tests that want a real Kubernetes, in a network namespace of their own: `npm run test:cluster [WORD]`. What they
// are made of is built or downloaded once (scripts/cluster).
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ingredients } from './cluster/ingredients.mjs';
import { fail, root, step } from './step.mjs';

const [word = ''] = process.argv.slice(2);
if (process.getuid() !== 0) fail('the tests of the cluster make network namespaces: run them as root');
step('node', ['scripts/build.mjs'], { quiet: true });
ingredients();

const folder = join(root, 'dist/test/cluster');
const files = readdirSync(folder).filter((name) => name.endsWith('.test.js') && name.includes(word));
if (files.length === 0) fail(`no test of the cluster has ${word} in its name`);
const namespace = `rxray-cluster-${process.pid}`;
const ip = (...args) => {
  const done = spawnSync('ip', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) fail(`ip ${args.join(' ')} failed`);
};
ip('netns', 'add', namespace);
let status = 1;
try {
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  ip('-n', namespace, 'address', 'add', '10.99.0.1/32', 'dev', 'lo');
  const words = [
    `--net=/run/netns/${namespace}`,
    process.execPath,
    '--test',
    '--test-concurrency=1',
    '--test-reporter=spec',
  ];
  const ran = spawnSync('nsenter', [...words, ...files.map((name) => join(folder, name))], {
    stdio: 'inherit',
    env: { ...process.env, RXRAY_CLUSTER_NAMESPACE: namespace },
  });
  status = ran.status ?? 1;
} finally {
  spawnSync('ip', ['netns', 'del', namespace]);
}
process.exitCode = status;
