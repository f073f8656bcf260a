import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, type TestContext, test } from 'node:test';
import type { LabStatus } from '../../src/lab/lab.js';
import { recordedProcess } from '../../src/lab/process.js';
import { quotaGroup } from '../../src/lab/quota-group.js';
import { LabState } from '../../src/lab/state.js';
import { ACCUSATION, verdictPlace } from '../verdicts/expected.js';
import { LabPool, requestTrial, servedVerdict } from '../verdicts/request-trials.js';
import { needsRoot } from './lab-probing.js';

const labs = new LabPool(['quota']);

suite('slow requests and processor time', { ...needsRoot, timeout: 400_000 }, () => {
  after(() => labs.down());

  test('look-alike rx-queue: nobody behind the network is accused', async (t) => {
    const { cause, probability } = await labs.with((lab) => requestTrial(t, lab, 'rx-queue', 17));
    assert.doesNotMatch(cause, /server|throttled|accept-queue|resolver/, `${cause} ${probability}`);
  });

  // One after the other: a server at its quota takes a CPU while it runs, and another's packets would truly wait for it.
  suite('quotas', { concurrency: false }, () => {
    test('throttled: throttled@node', async (t) => {
      const verdict = await labs.with((lab) => requestTrial(t, lab, 'throttled', 12));
      assert.equal(verdictPlace(verdict), 'throttled@node', JSON.stringify(verdict.posterior));
      assert.ok(verdict.probability >= ACCUSATION);
      assert.deepEqual(verdict.indistinguishable, []);
    });

    test('look-alike of a quota: a server that stands still in a group whose quota is not used up', async (t) => {
      const program = `const word = new Int32Array(new SharedArrayBuffer(4));
        require('node:http').createServer((_, response) => response.end('hello')).listen(8090, () => console.log('ready'));
        setInterval(() => Atomics.wait(word, 0, 0, 200), 1000);`;
      const verdict = await labs.with((lab) =>
        servedVerdict(t, lab, { port: 8090, program, begin: limitedTo(t, lab, 'idle', 2) }),
      );
      assert.equal(verdictPlace(verdict), 'server@node', JSON.stringify(verdict.posterior));
      assert.deepEqual(verdict.indistinguishable, []);
    });

    test('a server whose work takes more than its quota all the time: throttled, never healthy', async (t) => {
      const program = `require('node:http').createServer((_, response) => {
        const before = process.cpuUsage();
        for (let used = before; used.user + used.system - before.user - before.system < 25_000; used = process.cpuUsage());
        response.end('hello');
      }).listen(8091, () => console.log('ready'))`;
      const verdict = await labs.with((lab) =>
        servedVerdict(t, lab, { port: 8091, program, begin: limitedTo(t, lab, 'busy', 0.2) }),
      );
      assert.equal(verdictPlace(verdict), 'throttled@node', JSON.stringify(verdict.posterior));
    });
  });
});

/** Puts a process into a group of its own, which may have so many CPUs. */
function limitedTo(t: TestContext, { name }: LabStatus, what: string, cpus: number): (pid: number) => void {
  const { group } = quotaGroup(`${name}-${what}`, recordedProcess(new LabState(name), 'web')?.pid ?? 0);
  t.after(() => rmdirSync(group));
  return (pid) => limited(group, pid, cpus);
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
