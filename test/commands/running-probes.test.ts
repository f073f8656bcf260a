import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { publishProbes, runningProbes } from '../../src/commands/probe/running-probes.js';
import { PrivateFolder } from '../../src/commands/run/private-folder.js';
import { CodedError } from '../../src/model/errors.js';

// Root keeps it in /run whatever the environment says, where other runs of this machine may be listed too.
const runtime = mkdtempSync(join(tmpdir(), 'rxray-running-'));
process.env.XDG_RUNTIME_DIR = runtime;
const folder = new PrivateFolder('rxray').path;
after(() => rmSync(runtime, { recursive: true }));

const SECRET = '00112233445566778899aabbccddeeff';
const watch = {
  path: 0,
  protocol: 'icmp',
  target: '127.0.0.1',
  source: '127.0.0.1',
  icmpId: 7,
  interface: 'any',
} as const;
/** No process has it: above the kernel's limit. */
const NO_PID = 2 ** 22 + 1;

test('probes are found while they run, by their owner alone, and not afterwards', () => {
  const withdraw = publishProbes({
    command: 'probe',
    secret: SECRET,
    paths: [{ name: 'local>127.0.0.1/icmp', watch }],
  });
  const found = runningProbes(process.pid);
  assert.deepEqual(
    [found.command, found.secret, found.paths],
    ['probe', SECRET, [{ name: 'local>127.0.0.1/icmp', watch }]],
  );
  assert.equal(statSync(join(folder, `probes-${process.pid}.json`)).mode & 0o777, 0o600);
  withdraw();
  assert.throws(
    () => runningProbes(process.pid),
    (error) => error instanceof CodedError && error.code === 'E_NO_PROBES',
  );
});

test('what a killed command left is never followed, and the next one clears it away', () => {
  new PrivateFolder('rxray').make();
  const left = { command: 'bisect', pid: NO_PID, startedMs: 1, secret: SECRET, paths: [] };
  writeFileSync(join(folder, `probes-${NO_PID}.json`), JSON.stringify(left), { mode: 0o600 });
  assert.throws(
    () => runningProbes(NO_PID),
    (error) => error instanceof CodedError && error.code === 'E_NO_PROBES',
  );
  const withdraw = publishProbes({ command: 'probe', secret: SECRET, paths: [] });
  const names = readdirSync(folder);
  assert.ok(names.includes(`probes-${process.pid}.json`) && !names.includes(`probes-${NO_PID}.json`), names.join(' '));
  withdraw();
});
