import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { capabilityText } from '../../src/kernel/helper-rights.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import { ProberProcess } from './prober-process.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes a network namespace and another user: needs root';
const CAP_SYS_NICE = 1n << 23n;
/** CAP_DAC_READ_SEARCH, SYS_PTRACE, SYSLOG, PERFMON, BPF. */
const TRACER_KEEPS = [2n, 19n, 34n, 38n, 39n].reduce((bits, bit) => bits | (1n << bit), 0n);
const FILTERED = '2';
const AS_4711 = ['setpriv', '--reuid', '4711', '--regid', '4711', '--clear-groups'];

function planOf(lines: readonly string[], durationS = 2): string {
  return ['rxray-plan 1', `duration-ns ${durationS}000000000`, ...lines, 'run', ''].join('\n');
}

suite('what the helper may do', { ...(skip && { skip }) }, () => {
  const netns = `rxray-rights-${process.pid}`;
  let folder = '';
  let granted = '';
  const ip = (...words: string[]) => execFileSync('ip', words);

  before(() => {
    ip('netns', 'add', netns);
    ip('-n', netns, 'link', 'set', 'lo', 'up');
    ip('-n', netns, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1');
    folder = mkdtempSync(join(tmpdir(), 'rxray-rights-'));
    chmodSync(folder, 0o755);
    granted = join(folder, 'rxray-prober');
    copyFileSync(findHelper('rxray-prober'), granted);
    execFileSync('setcap', [capabilityText('rxray-prober'), granted]);
  });
  after(() => {
    ip('netns', 'del', netns);
    rmSync(folder, { recursive: true });
  });

  const helpers: [title: string, plan: readonly string[], through: readonly string[], keeps: bigint][] = [
    ['a prober of root', ['path 0 syn 127.0.0.1 port=9 flows=4 fresh-pps=5', 'path 1 icmp ::1'], [], 0n],
    ['a prober of an ordinary user', ['path 0 icmp 127.0.0.1'], AS_4711, 0n],
    ['a watcher with heartbeats', ['local if=eth0'], [], CAP_SYS_NICE],
  ];
  for (const [title, plan, through, keeps] of helpers) {
    test(`${title} gives up its privileges before it reads a packet, and goes on`, async () => {
      const prober = new ProberProcess(netns, granted, planOf(plan, 60), through);
      const shown = async (field: string): Promise<bigint> => BigInt(`0x${await prober.status(field)}`);
      assert.equal(await shown('CapEff'), keeps);
      assert.equal(await shown('CapPrm'), keeps);
      assert.equal(await shown('CapInh'), 0n);
      assert.equal(await prober.status('NoNewPrivs'), '1');
      assert.equal(await prober.status('Seccomp'), FILTERED);
      prober.stop();
      assert.equal(await prober.ended(), 0, prober.stderr);
      assert.equal(prober.events.at(-1)?.kind, 'end');
      const { sent = 0, received = 0 } = prober.counters ?? {};
      assert.equal(received, sent, 'every probe of the loopback is answered');
      assert.equal(
        sent > 0,
        plan.some((line) => line.startsWith('path')),
      );
      assert.equal(
        prober.events.some((event) => event.kind === 'warning'),
        false,
        prober.stderr,
      );
    });
  }

  test('a tracer keeps what reading needs, and no way to more', async () => {
    const tracer = new ProberProcess(netns, findHelper('rxray-tracer'), planOf(['trace syscalls min-ns=1000000'], 60));
    assert.equal(BigInt(`0x${await tracer.status('CapEff')}`), TRACER_KEEPS);
    assert.equal(await tracer.status('NoNewPrivs'), '1');
    assert.equal(await tracer.status('Seccomp'), FILTERED);
    tracer.stop();
    assert.equal(await tracer.ended(), 0, tracer.stderr);
    assert.equal(tracer.events.at(-1)?.kind, 'end');
  });

  test('an ordinary user is told of the calls of its own processes only', async () => {
    const program = join(folder, 'rxray-tracer');
    copyFileSync(findHelper('rxray-tracer'), program);
    execFileSync('setcap', [capabilityText('rxray-tracer'), program]);
    const tracer = new ProberProcess(netns, program, planOf(['trace syscalls min-ns=0'], 3), AS_4711);
    await tracer.hello();
    // Root is busy all the while: this process is.
    const [command = '', ...args] = [...AS_4711, 'cat', '/etc/hostname'];
    for (let i = 0; i < 3; i += 1) execFileSync(command, args);
    assert.equal(await tracer.ended(), 0, tracer.stderr);
    const names = new Set(
      tracer.events.flatMap((event) =>
        event.kind === 'kernel' && event.event.kind === 'syscall' ? [event.event.call.processName] : [],
      ),
    );
    assert.ok(names.has('cat'), [...names].join(' '));
    for (const name of names) assert.match(name, /^(cat|setpriv)$/);
  });

  test('an ordinary user sends at most 1,000 packets/s to a target, whatever the plan allows itself', async () => {
    const lines = ['max-pps-per-target 1000000', 'interval-ns 100000', 'path 0 icmp 127.0.0.1'];
    const plain = new ProberProcess(netns, granted, planOf(lines), AS_4711);
    assert.equal(await plain.ended(), 2);
    assert.match(plain.stderr, /E_RATE_LIMIT: 127\.0\.0\.1 would get more than 1000 packets\/s/);
    const root = new ProberProcess(netns, granted, planOf(lines, 1));
    await root.hello();
    root.end();
    assert.equal(await root.ended(), 0, root.stderr);
  });

  test('runs of one user add up, those of another do not', async () => {
    const lines = ['interval-ns 1600000', 'path 0 icmp 127.0.0.1'];
    const first = new ProberProcess(netns, granted, planOf(lines, 4), AS_4711);
    await first.hello();
    const second = new ProberProcess(netns, granted, planOf(lines, 1), AS_4711);
    assert.equal(await second.ended(), 2);
    assert.match(second.stderr, /E_RATE_LIMIT: 127\.0\.0\.1 already gets so much from other runs of this user/);
    const other = new ProberProcess(netns, granted, planOf(lines, 1));
    assert.equal(await other.ended(), 0, other.stderr);
    first.end();
    assert.equal(await first.ended(), 0, first.stderr);
    const third = new ProberProcess(netns, granted, planOf(lines, 1), AS_4711);
    assert.equal(await third.ended(), 0, 'what the first held was let go');
  });

  test('an ordinary user gets real-time priority for slow plans only', async () => {
    const targets = Array.from({ length: 30 }, (_, i) => `path ${i} icmp 127.0.0.${i + 1}`);
    const got = async (lines: readonly string[]): Promise<string | undefined> => {
      const prober = new ProberProcess(netns, granted, planOf(lines, 1), AS_4711);
      await prober.ended();
      return prober.events.flatMap((event) => (event.kind === 'hello' ? [event.hello.got.scheduling] : []))[0];
    };
    assert.equal(await got(targets.slice(0, 1)), 'fifo');
    assert.equal(await got(targets), 'other');
  });

  test('three runs on one host draw ports and identifiers of their own, and take no answer of each other', async () => {
    const lines = ['path 0 syn 127.0.0.1 port=9 flows=16 fresh-pps=20', 'path 1 icmp 127.0.0.1'];
    const runs = [1, 2, 3].map(() => new ProberProcess(netns, granted, planOf(lines, 10)));
    await Promise.all(runs.map((run) => run.ended()));
    const taken = new Set<number>();
    const ids = new Set<number>();
    for (const run of runs) {
      const { forged, strays, sent = 0, received = 0 } = run.counters ?? {};
      assert.deepEqual([forged, strays], [0, 0]);
      assert.ok(sent > 1_000, `${sent} sent`);
      assert.ok(received >= sent - 2, `${received} of ${sent} answered`);
      for (const { sourcePorts, freshPorts, icmpId } of run.events.flatMap((event) =>
        event.kind === 'hello' ? event.hello.paths : [],
      )) {
        if (icmpId !== undefined) ids.add(icmpId);
        for (const range of [sourcePorts, freshPorts])
          for (let port = range?.[0] ?? 1; port <= (range?.[1] ?? 0); port += 1) {
            assert.ok(!taken.has(port), `port ${port} of two runs`);
            taken.add(port);
          }
      }
    }
    assert.equal(ids.size, 3);
  });

  test('source ports keep to the share that the plan gives', async () => {
    const lines = ['source-ports 12000-12999', 'path 0 syn 127.0.0.1 port=9 flows=16 fresh-pps=5'];
    const run = new ProberProcess(netns, granted, planOf(lines, 1));
    assert.equal(await run.ended(), 0, run.stderr);
    const [path] = run.events.flatMap((event) => (event.kind === 'hello' ? event.hello.paths : []));
    for (const port of [...(path?.sourcePorts ?? []), ...(path?.freshPorts ?? [])])
      assert.ok(port >= 12_000 && port <= 12_999, `port ${port}`);
  });

  test('the hello tells of every path, however many there are', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `path ${i} icmp 127.0.1.${i % 250} interval-ns=1000000000`);
    const run = new ProberProcess(netns, granted, planOf(lines, 1));
    assert.equal(await run.ended(), 0, run.stderr);
    const paths = run.events.flatMap((event) => (event.kind === 'hello' ? event.hello.paths : []));
    assert.deepEqual(
      paths.map(({ path }) => path),
      lines.map((_, i) => i),
    );
    assert.ok(paths.every(({ source, icmpId }) => source === '127.0.0.1' && icmpId !== undefined));
  });

  test('too few open files are named as such', async () => {
    const few = ['prlimit', '--nofile=40:40'];
    const run = new ProberProcess(netns, granted, planOf(['path 0 syn 127.0.0.1 port=9 flows=64']), few);
    assert.equal(await run.ended(), 4);
    assert.match(run.stderr, /E_FILES: .* open files.* 40 are allowed/);
    assert.match(run.stderr, /ulimit -n/);
  });
});
