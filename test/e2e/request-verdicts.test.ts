import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { type LabStatus, labDown, labUp } from '../../src/lab/lab.js';
import { recordedProcess } from '../../src/lab/process.js';
import { quotaGroup } from '../../src/lab/quota-group.js';
import { LabState } from '../../src/lab/state.js';
import type { Verdict } from '../../src/model/verdict.js';
import { ACCUSATION, verdictPlace } from '../verdicts/expected.js';
import { labTrial, trialWords } from '../verdicts/lab-trial.js';
import { needsRoot } from './lab-probing.js';
import { records, rxray } from './rxray.js';

const NAME = 'requests';
/** Far enough apart to be told from one another. */
const PERIOD_MS = [500, 1_000] as const;
const AT_MOST_S = 14;
const silent = (): void => {};

let lab: LabStatus;

async function trial(t: TestContext, fault: FaultName, seed: number): Promise<Verdict> {
  const options = { lab, faults: [fault], seed, within: true, atMostS: AT_MOST_S, periodMs: PERIOD_MS, requests: true };
  const result = await labTrial({ ...options, args: ['--no-trace'] });
  const { posterior, quality } = result.verdict;
  t.diagnostic(`${fault}: ${trialWords(result)}`);
  t.diagnostic(JSON.stringify([posterior, quality.notes.filter((note) => note.includes(' counted: '))]));
  assert.notEqual(result.standing, 'accuses', JSON.stringify(result.verdict, null, 1));
  return result.verdict;
}

/** A server of Node.js on `bad`, and the verdict on it. */
async function served(t: TestContext, port: number, program: string, begin: (pid: number) => void = () => {}) {
  const words = ['netns', 'exec', `${NAME}-bad`, process.execPath, '-e', program];
  const child: ChildProcess = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'rxray-served-'));
  try {
    if (child.stdout) await once(child.stdout, 'data');
    begin(child.pid ?? 0);
    const hosts = join(folder, 'hosts.yaml');
    const text = readFileSync(lab.requestsHostsFile, 'utf8').replace(':8088/', `:${port}/`);
    writeFileSync(hosts, text.replace(/^ {2}- .*names.*\n/gm, '').replace(/^ {2}names:.*\n/m, ''));
    const { out, err } = await rxray(
      'bisect',
      '--hosts',
      hosts,
      '--json',
      '--no-trace',
      '--threshold',
      '50',
      '-d',
      '20s',
    );
    const [verdict] = records<Verdict>(out, 'verdict');
    assert.ok(verdict !== undefined, err);
    t.diagnostic(`${verdictPlace(verdict)} ${verdict.probability}, ${verdict.incidents} incidents`);
    t.diagnostic(JSON.stringify([verdict.posterior, verdict.quality.notes.slice(1)]));
    return verdict;
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    rmSync(folder, { recursive: true, force: true });
  }
}

suite('wire or server: slow requests on real machines', { ...needsRoot, concurrency: false, timeout: 400_000 }, () => {
  before(async () => {
    lab = await labUp({ name: NAME, queues: 4 }, silent);
  });
  after(() => labDown({ name: NAME }, silent));

  const rows: readonly (readonly [fault: FaultName, seed: number, verdict: string])[] = [
    ['server', 11, 'server@node'],
    ['throttled', 12, 'throttled@node'],
    ['accept-queue', 13, 'accept-queue@node'],
    ['resolver', 14, 'resolver@names'],
    ['resolver-slow', 15, 'resolver@names'],
  ];
  for (const [fault, seed, place] of rows) {
    test(`${fault}: ${place}`, async (t) => {
      const verdict = await trial(t, fault, seed);
      assert.equal(verdictPlace(verdict), place, JSON.stringify(verdict.posterior));
      assert.ok(verdict.probability >= ACCUSATION);
      assert.deepEqual(verdict.indistinguishable, []);
    });
  }

  for (const [fault, seed] of [
    ['network', 16],
    ['rx-queue', 17],
    ['loss', 18],
  ] as const) {
    test(`look-alike ${fault}: nobody behind the network is accused`, async (t) => {
      const { cause, probability } = await trial(t, fault, seed);
      assert.doesNotMatch(cause, /server|throttled|accept-queue|resolver/, `${cause} ${probability}`);
    });
  }

  test('look-alike of a quota: a server that stands still in a group whose quota is not used up', async (t) => {
    const pid = recordedProcess(new LabState(NAME), 'web')?.pid ?? 0;
    const { group } = quotaGroup(`${NAME}-idle`, pid);
    const program = `const word = new Int32Array(new SharedArrayBuffer(4));
      require('node:http').createServer((_, response) => response.end('hello')).listen(8090, () => console.log('ready'));
      setInterval(() => Atomics.wait(word, 0, 0, 200), 1000);`;
    t.after(() => rmdirSync(group));
    const verdict = await served(t, 8090, program, (child) => limited(group, child, 2));
    assert.equal(verdictPlace(verdict), 'server@node', JSON.stringify(verdict.posterior));
    assert.deepEqual(verdict.indistinguishable, []);
  });

  test('a server whose work takes more than its quota all the time: throttled, never healthy', async (t) => {
    const pid = recordedProcess(new LabState(NAME), 'web')?.pid ?? 0;
    const { group } = quotaGroup(`${NAME}-busy`, pid);
    const program = `require('node:http').createServer((_, response) => {
      const before = process.cpuUsage();
      for (let used = before; used.user + used.system - before.user - before.system < 25_000; used = process.cpuUsage());
      response.end('hello');
    }).listen(8091, () => console.log('ready'))`;
    t.after(() => rmdirSync(group));
    const verdict = await served(t, 8091, program, (child) => limited(group, child, 0.2));
    assert.equal(verdictPlace(verdict), 'throttled@node', JSON.stringify(verdict.posterior));
  });

  test('a server that stands still and has a queue of one: its queue for sure', async (t) => {
    const program = `const server = require('node:http').createServer((_, response) => response.end('hello'));
      server.listen({ port: 8092, backlog: 1 }, () => {
        console.log('ready');
        const word = new Int32Array(new SharedArrayBuffer(4));
        setInterval(() => Atomics.wait(word, 0, 0, 700), 1500);
      });`;
    const verdict = await served(t, 8092, program);
    // Both are true; whether the second is told from the first takes longer than the first to be sure.
    const queue = Object.entries(verdict.posterior).filter(([cause]) => cause.split('+').includes('accept-queue'));
    assert.ok(queue.reduce((sum, [, probability]) => sum + probability, 0) >= ACCUSATION);
    assert.match(verdictPlace(verdict), /^(accept-queue|accept-queue\+server|inconclusive)@/);
    assert.match(verdict.quality.notes.join('\n'), /overflows of accept queues/);
  });

  test('none: a quiet server is not to blame', async (t) => {
    const { cause } = await trial(t, 'none', 19);
    assert.match(cause, /^(healthy|inconclusive)$/);
  });
});

/** Puts a process into a group that may have so many CPUs. */
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
