import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needsRoot } from './lab-probing.js';

const DEMO = fileURLToPath(new URL('../../../scripts/demo-requests.mjs', import.meta.url));

test('npm run demo -- requests: from slow requests to a process, and to a system call where the network is innocent', {
  ...needsRoot,
  timeout: 200_000,
}, (t) => {
  const done = spawnSync(process.execPath, [DEMO, '3s', '9s', '3s', '--period', '300ms-900ms'], {
    encoding: 'utf8',
    timeout: 180_000,
  });
  const [, alone = '', within = '', twin = '', sat = ''] = done.stdout.split('\n=== ');
  t.diagnostic(done.stdout.length > 0 ? done.stdout : done.stderr);
  assert.equal(done.status, 0, done.stderr);
  // From one machine a queue of the target leads, and is not told from what stands before it.
  assert.match(alone, /^VERDICT {2}.*\brx-queue\b.* at target/m);
  assert.match(alone, /name a vantage on target/);
  assert.match(within, /^VERDICT {2}.*\brx-queue\b.* at node/m);
  assert.match(
    within.slice(within.indexOf('rxray trace stall')),
    /memstat-reader\[\d+\] in bpf\(\)/,
    'the process that holds it up',
  );
  assert.match(twin, /^VERDICT {2}server( or pod)?( or throttled)? at target, probability (0\.9|> 0\.999)/m);
  assert.match(sat, /^VERDICT {2}server at node, probability (0\.9|> 0\.999)/m);
  assert.match(sat, /^SAT IN {3}rxray-lab-serve\[\d+\] on node sat in flock\(.* slow requests$/m);
  assert.doesNotMatch(sat, /memstat-reader/);
});
