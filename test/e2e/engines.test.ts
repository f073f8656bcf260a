import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordSchema } from '../../src/commands/schema.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import type { Finding } from '../../src/model/finding.js';
import type { QualityRecord, RunRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { MS, SECOND } from '../../src/model/time.js';
import { CLOSED_PORT, ContractNamespace, SLOW_ADDRESS } from '../engines/contract-namespace.js';
import { UNPRIVILEGED, UNPRIVILEGED_CAPABILITIES } from '../engines/unprivileged.js';
import { processesIn } from '../transports/process-list.js';
import { needsRoot } from './lab-probing.js';
import { RXRAY } from './rxray.js';

const namespace = new ContractNamespace(`rxray-engines-${process.pid}`);

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `rxray probe` in the namespace. */
function start(args: readonly string[], as: readonly string[] = []): Started {
  return startCommand('probe', args, as);
}

function startCommand(name: 'probe' | 'bisect', args: readonly string[], as: readonly string[]): Started {
  const command = ['netns', 'exec', namespace.name, ...as, process.execPath, RXRAY, name, ...args];
  const child = spawn('ip', command, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = once(child, 'close').then(([status]) => ({ status, out, err }));
  return { child, ended };
}

interface Document {
  readonly engine: RunRecord['engine'];
  readonly engineWhy?: string;
  readonly limits?: readonly string[];
  readonly timestamps: RunRecord['timestamps'];
  readonly quality: QualityRecord;
  readonly findings: readonly Finding[];
  readonly summaries: readonly Summary[];
}

async function probed(args: readonly string[], as?: readonly string[]): Promise<Document & { err: string }> {
  const { status, out, err } = await start([...args, '--format', 'json'], as).ended;
  assert.equal(status, 0, err);
  return { ...JSON.parse(out), err };
}

/** The process of an engine that is a program for Node.js. */
function engineProcess(name: 'portable' | 'connect'): number | undefined {
  return processesIn(namespace.name).find(({ command }) => command.includes(`${name}/main.js`))?.pid;
}

async function until<T>(find: () => T | undefined, withinMs = 5_000): Promise<T> {
  for (const endMs = performance.now() + withinMs; performance.now() < endMs; ) {
    const found = find();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error('it did not come');
}

suite('engines from the command line', needsRoot, () => {
  before(() => namespace.up());
  after(() => namespace.down());

  test('the user that these tests probe as has no right that has to do with networks', () => {
    const command = ['netns', 'exec', namespace.name, ...UNPRIVILEGED, 'cat', '/proc/self/status'];
    const status = execFileSync('ip', command, { encoding: 'utf8' });
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'])
      assert.equal(BigInt(`0x${new RegExp(`${set}:\\s*(\\w+)`).exec(status)?.[1]}`), UNPRIVILEGED_CAPABILITIES, set);
    assert.match(status, /^Uid:\s+65534\s/m);
  });

  test('auto takes the helper where it may send, and says so', async () => {
    const { engine, engineWhy, limits, timestamps, err } = await probed(['127.0.0.1', '-c', '5']);
    assert.deepEqual({ engine, limits, timestamps }, { engine: 'helper', limits: undefined, timestamps: 'kernel' });
    assert.match(engineWhy ?? '', /native prober/);
    assert.match(err, /^engine helper: /m);
  });

  test('without privilege auto takes connect, says why, and its limits stand in the result', async () => {
    const args = ['127.0.0.1', '-p', String(CLOSED_PORT), '-c', '30', '-q'];
    const { engine, engineWhy, limits, timestamps, quality, summaries, err } = await probed(args, UNPRIVILEGED);
    assert.deepEqual({ engine, timestamps }, { engine: 'connect', timestamps: 'user' });
    assert.match(engineWhy ?? '', /no helper: .*; no portable: /);
    assert.match(err, /^engine connect: no helper/m);
    assert.ok(limits?.some((limit) => limit.includes('user-space')));
    assert.deepEqual(quality.limits, limits);
    assert.ok((summaries[0]?.received ?? 0) > 0);
    assert.equal(summaries[0]?.lost, 0);
  });

  test('without privilege an echo needs the kernel’s leave: refused with what to do, then allowed', async () => {
    namespace.forbidPings();
    const refused = await start(['127.0.0.1', '-c', '5'], UNPRIVILEGED).ended;
    assert.equal(refused.status, 4);
    assert.match(refused.err, /ping_group_range.*E_NO_RAW_SOCKET.*\n.*sudo/s);
    const named = await start(['127.0.0.1', '-c', '5', '--engine', 'connect'], UNPRIVILEGED).ended;
    assert.equal(named.status, 4);
    assert.match(named.err, /E_NO_ICMP_SOCKET.*\n.*ping_group_range.*-p PORT/s);
    namespace.allowPings();
    const { engine, summaries } = await probed(['127.0.0.1', '-c', '20'], UNPRIVILEGED);
    assert.equal(engine, 'connect');
    assert.equal(summaries[0]?.lost, 0);
    assert.ok((summaries[0]?.received ?? 0) > 0);
  });

  for (const [what, args, code, expected] of [
    ['UDP', ['--engine', 'connect', '--udp'], 2, /1:81\/udp: the connect engine sends no UDP.*E_ENGINE.*\n.*helper/],
    ['a TTL', ['--engine', 'connect', '--ttl', '5'], 2, /cannot choose the TTL.*E_ENGINE.*\n.*--engine helper/],
    ['an interface', ['--engine', 'portable', '-I', 'none0'], 4, /no interface none0.*E_NO_INTERFACE.*\n.*-I/],
    ['kernel stamps', ['--engine', 'portable', '--timestamps', 'kernel'], 4, /E_TIMESTAMPS.*\n.*--timestamps/],
  ] as const) {
    test(`${args[1]}: ${what} is refused with status ${code} and the next step`, async () => {
      const { status, err } = await start(['127.0.0.1', '-p', '81', '-c', '5', ...args]).ended;
      assert.equal(status, code, err);
      assert.match(err, expected);
    });
  }

  test('a lost SYN is told as retransmission, not as a stall, and --fail-on finds it', async () => {
    const rule = `INPUT -p tcp --dport ${CLOSED_PORT} -j DROP`;
    namespace.run('sysctl -q -w net.ipv4.tcp_syn_linear_timeouts=0');
    namespace.run(`iptables -A ${rule}`);
    const args = ['127.0.0.1', '-p', String(CLOSED_PORT), '--engine', 'connect', '-d', '3s', '-W', '2s', '--json'];
    const { child, ended } = start([...args, '--fail-on', 'syn-retransmission']);
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    await sleep(500);
    namespace.run(`iptables -D ${rule}`);
    const { status, out, err } = await ended;
    assert.equal(status, 1, err);
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => recordSchema.parse(JSON.parse(line)));
    const findings = records.flatMap((record) => (record.type === 'finding' ? [record] : []));
    const repeated = findings.filter(({ kind }) => kind === 'syn-retransmission');
    assert.ok(repeated.length > 0);
    for (const { peakRttNs } of repeated) assert.ok(peakRttNs >= SECOND && peakRttNs < 1.2 * SECOND, `${peakRttNs} ns`);
    const probes = repeated.reduce((sum, finding) => sum + finding.probes, 0);
    assert.ok(probes >= 10, `${probes} probes`);
    assert.deepEqual(
      findings.filter(({ kind, selfInflicted }) => kind === 'stall' && !selfInflicted),
      [],
    );
  });

  test('bisect takes an engine by name, and its limits stand in the verdict', async () => {
    const args = ['127.0.0.1', '-p', String(CLOSED_PORT), '--engine', 'connect', '-d', '2s', '--json'];
    const { out, err } = await startCommand('bisect', args, UNPRIVILEGED).ended;
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => recordSchema.parse(JSON.parse(line)));
    const run = records.find((record) => record.type === 'run');
    const verdict = records.find((record) => record.type === 'verdict');
    assert.ok(run !== undefined && 'engine' in run, err);
    assert.equal(run.engine, 'connect', err);
    assert.ok(verdict?.quality.notes.some((note) => note.startsWith('here: connect engine: ')));
  });

  for (const engine of ['portable', 'connect'] as const) {
    test(`${engine} probes IPv6, by ICMP and by SYN`, async () => {
      for (const protocol of [['--icmp'], ['--syn', '-p', String(CLOSED_PORT)]]) {
        const { summaries } = await probed(['::1', '--engine', engine, ...protocol, '-c', '20']);
        assert.ok((summaries[0]?.received ?? 0) > 0);
        assert.equal(summaries[0]?.lost, 0);
      }
    });

    test(`${engine}: while its process stands still nothing convicts the target`, async () => {
      // A SYN takes some 46 ms through the pipe to that address: after half a second of these one or two are under
      // way at any time, for the pause to falsify.
      const args = [SLOW_ADDRESS, '-p', String(CLOSED_PORT), '--engine', engine, '-i', '40ms', '-d', '8s'];
      const { child, ended } = start([...args, '--threshold', '100', '--json']);
      assert.ok(child.stdout);
      await once(child.stdout, 'data');
      const pid = await until(() => engineProcess(engine));
      for (let round = 0; round < 6; round += 1) {
        await sleep(500);
        process.kill(pid, 'SIGSTOP');
        await sleep(200);
        process.kill(pid, 'SIGCONT');
      }
      const { out, err } = await ended;
      const records = out
        .trimEnd()
        .split('\n')
        .map((line) => recordSchema.parse(JSON.parse(line)));
      const quality = records.find((record) => record.type === 'quality');
      assert.ok((quality?.longestPauseNs ?? 0) >= 180 * MS, err);
      assert.ok((quality?.missedSlots ?? 0) >= 15, `${quality?.missedSlots} slots missed`);
      const findings = records.flatMap((record) => (record.type === 'finding' ? [record] : []));
      assert.ok(
        findings.some(({ selfInflicted }) => selfInflicted),
        'the pause falsified no probe, so the test shows nothing',
      );
      assert.deepEqual(
        findings.filter(({ kind, selfInflicted }) => kind === 'stall' && !selfInflicted),
        [],
      );
    });

    test(`${engine}: nothing goes on probing when rxray is killed`, async () => {
      const args = ['127.0.0.1', '-p', String(CLOSED_PORT), '--engine', engine, '-d', '60s', '--json'];
      const { child, ended } = start(args);
      assert.ok(child.stdout);
      await once(child.stdout, 'data');
      await until(() => engineProcess(engine));
      child.kill('SIGKILL');
      await ended;
      await until(() => (engineProcess(engine) === undefined ? true : undefined));
    });
  }

  test('where raw-socket and cap are not built, portable says what to install', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-bare-'));
    try {
      cpSync(join(packageFolder(), 'dist/bin'), join(folder, 'dist/bin'), { recursive: true });
      cpSync(join(packageFolder(), 'package.json'), join(folder, 'package.json'));
      mkdirSync(join(folder, 'node_modules'));
      const { dependencies } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
        dependencies: object;
      };
      for (const name of Object.keys(dependencies)) {
        mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
        symlinkSync(join(packageFolder(), 'node_modules', name), join(folder, 'node_modules', name));
      }
      const args = [join(folder, 'dist/bin/rxray.js'), 'probe', '127.0.0.1', '-c', '5', '--engine', 'portable'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      const [status] = await once(child, 'close');
      assert.equal(status, 4, err);
      assert.match(err, /raw-socket is not built here.*E_PORTABLE_NOT_BUILT.*\n.*libpcap-dev/s);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a scenario is enough for a simulation', async () => {
    const scenario = join(packageFolder(), 'test/fixtures/scenarios/rx-queue-stall.yaml');
    const { engine, engineWhy } = await probed(['172.16.47.27:9876', '--scenario', scenario, '-d', '1s']);
    assert.deepEqual({ engine, engineWhy }, { engine: 'sim', engineWhy: 'a scenario was given' });
  });
});
