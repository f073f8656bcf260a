import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ALL_CHECKS } from '../../src/kernel/checks/all-checks.js';
import { checked } from '../../src/kernel/checks/check.js';
import { HelperNodeReader } from '../../src/kernel/node-reader.js';
import { readNode } from '../../src/kernel/read-node.js';
import type { NodeCheck } from '../../src/model/node-check.js';
import { kubectlTransport } from '../../src/transports/far/kubectl-transport.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { localTransport } from '../../src/transports/local/local-transport.js';
import type { Transport } from '../../src/transports/transport.js';
import { FarHost, farHostMissing } from './far-host.js';

const STAND_IN = fileURLToPath(new URL('./kubectl-stand-in.js', import.meta.url));

async function checksOver(transport: Transport): Promise<NodeCheck[]> {
  const reader = new HelperNodeReader(transport);
  try {
    const run = await readNode(ALL_CHECKS, { network: reader, machine: reader }, 2e8, new AbortController().signal);
    return ALL_CHECKS.flatMap((check) => checked(check, 'far', run));
  } finally {
    await reader.close();
    await transport.close?.();
  }
}

suite('node checks over a real sshd', { skip: farHostMissing() }, () => {
  const far = new FarHost('check');
  before(() => far.start());
  after(() => far.stop());

  for (const user of ['root', 'ops', 'guest']) {
    test(`as ${user}: every check has a result, and nothing is left over there`, async () => {
      const results = await checksOver(sshTransport(user, { configFile: far.configFile }));
      assert.deepEqual(
        [...new Set(results.map(({ check }) => check))],
        ALL_CHECKS.map(({ name }) => name),
      );
      const state = (name: string) => results.find(({ check }) => check === name)?.state;
      assert.notEqual(state('softnet-drops'), 'unknown');
      assert.notEqual(state('steal'), 'unknown');
      assert.notEqual(state('kernel-issues'), 'unknown');
      assert.deepEqual(await far.cleared(10_000), []);
    });
  }

  test('a node that goes away in mid-check fails with a reason, not for ever', async () => {
    const transport = sshTransport('root', { configFile: far.configFile });
    const reader = new HelperNodeReader(transport);
    await reader.ask(['read /proc/stat']);
    const helper = far.processes().find(({ command }) => /rxray-prober.--read-node/.test(command));
    process.kill(helper?.pid ?? Number.NaN, 'SIGKILL');
    await assert.rejects(reader.ask(['read /proc/stat']), { code: 'E_NODE', message: /^root no longer answers/ });
    await reader.close();
    await transport.close?.();
    assert.deepEqual(await far.cleared(10_000), []);
  });
});

test('node checks over kubectl, against a stand-in for it', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tr-'));
  try {
    const kubectl = join(folder, 'kubectl');
    const set = `STAND_IN_LOG=${folder}/log STAND_IN_ANSWERS=${folder}/answers STAND_IN_TMP=${folder}/tmp`;
    writeFileSync(kubectl, `#!/bin/sh\n${set} exec ${process.execPath} ${STAND_IN} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'answers'), '{}');
    mkdirSync(join(folder, 'tmp'));
    const results = await checksOver(kubectlTransport({ namespace: 'rxray', pod: 'rxray-x7k2', kubectl }));
    assert.equal(new Set(results.map(({ check }) => check)).size, ALL_CHECKS.length);
    assert.notEqual(results.find(({ check }) => check === 'steal')?.state, 'unknown');
    assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('orders are answered in their order, with the time each reading took', async () => {
  const reader = new HelperNodeReader(localTransport);
  const answers = await reader.ask([
    'read /proc/self/comm',
    'read /etc/hostname',
    'list /sys/class/net/l*',
    'budget 0',
    'read /proc/stat',
  ]);
  await reader.close();
  assert.deepEqual(
    answers.map(({ kind }) => kind),
    ['text', 'fail', 'name', 'skip'],
  );
  const [text] = answers;
  assert.ok(text?.kind === 'text' && text.text === 'rxray-prober\n' && text.wallNs > 0 && text.cpuNs > 0);
  assert.ok(reader.cpuNs > 0);
});

test('what is no order ends the helper, which says so', async () => {
  const reader = new HelperNodeReader(localTransport);
  await assert.rejects(reader.ask(['write /proc/stat']), {
    code: 'E_NODE',
    message: 'this host no longer answers (rxray-prober: E_ORDER: not an order: write)',
  });
  await reader.close();
});
