import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { recordSchema } from '../../src/commands/schema.js';
import { ALL_CHECKS } from '../../src/kernel/checks/all-checks.js';
import type { NodeCheck, NodeReport } from '../../src/model/node-check.js';
import {
  CPU,
  exitOf,
  groupCount,
  groupsMissing,
  MEMORY,
  makeGroups,
  makeZombies,
  UNIFIED,
  whileChanging,
  withGroup,
} from './control-groups.js';

const MAIN = fileURLToPath(new URL('../../bin/rxray.js', import.meta.url));
const FILES = `/dev/shm/rxray-check-${process.pid}`;
const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'makes namespaces: needs root' };

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line, behind a command that changes its surroundings. */
async function run(before: readonly string[], ...args: string[]): Promise<Ended> {
  const [program = '', ...rest] = [...before, process.execPath, MAIN, 'check', ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

interface Report {
  readonly checks: readonly NodeCheck[];
  readonly node: NodeReport;
  readonly status: number | null;
  /** Results of one check. */
  of(name: string): NodeCheck[];
}

async function report(before: readonly string[], ...args: string[]): Promise<Report> {
  const { status, out, err } = await run(before, '--json', ...args);
  assert.equal(err, '');
  const records = out
    .trimEnd()
    .split('\n')
    .map((line) => recordSchema.parse(JSON.parse(line)));
  const checks = records.filter((record) => record.type === 'check');
  const node = records.at(-1);
  assert.ok(node?.type === 'node');
  return { checks, node, status, of: (name) => checks.filter(({ check }) => check === name) };
}

suite('rxray check', needsRoot, () => {
  test('looks at this host: every check says something, and the exit status whether something is wrong', async () => {
    const { checks, node, status } = await report([], '-i', '300ms');
    assert.deepEqual([...new Set(checks.map(({ check }) => check))].sort(), ALL_CHECKS.map(({ name }) => name).sort());
    assert.equal(status, checks.some(({ state }) => state === 'wrong') ? 1 : 0);
    assert.equal(node.kernel, readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
    assert.ok(node.intervalNs >= 300e6);
    assert.ok(node.cost.readings > 10 && node.cost.cpuNs > 0);
  });

  test('says in a few lines what is fine, for someone who was just woken', async () => {
    const { status, out } = await run([], '--only', 'steal', '--only', 'nic-queues', '-i', '200ms');
    assert.ok(status === 0 || status === 1);
    assert.match(out, /^local \(this host\), \d+ CPUs?, counters over \d/);
    assert.match(out, /(nothing|\d) wrong.*; \d+ files read, .* of CPU time there\n$/);
  });

  test('finds thousands of removed groups that files in memory hold', { skip: groupsMissing(MEMORY) }, async () => {
    await withGroup(MEMORY, async (group) => {
      try {
        makeZombies(group, 1500, FILES);
        const { of, status } = await report([], '--only', 'zombie-groups');
        const [found] = of('zombie-groups');
        assert.equal(found?.state, 'wrong', found?.detail);
        assert.ok((found?.measured.dying ?? 0) >= 1500, found?.detail);
        assert.equal(status, 1);
      } finally {
        rmSync(FILES, { recursive: true });
      }
    });
  });

  test('10,000 groups are counted, sampled, and cost little', { skip: groupsMissing(MEMORY) }, async (t) => {
    await withGroup(MEMORY, async (group) => {
      makeGroups(group, 10_000);
      const before = groupCount(MEMORY);
      const { of, node } = await report([], '--only', 'zombie-groups', '--only', 'memory-stat', '-i', '200ms');
      const [least, most] = [before, groupCount(MEMORY)].sort((a, b) => a - b) as [number, number];
      const [zombies] = of('zombie-groups');
      // Reading ends after its time, whatever is left: a machine that others have shows nothing of the count.
      if (/counting was given up$/.test(zombies?.detail ?? '')) return t.skip(`too busy: ${zombies?.detail}`);
      assert.ok((zombies?.measured.live ?? 0) >= 10_001, zombies?.detail);
      const [stat] = of('memory-stat');
      const { files, groups } = /(?<files>\d+) files of (?<groups>\d+) groups/.exec(stat?.detail ?? '')?.groups ?? {};
      assert.equal(files, '66', stat?.detail);
      assert.ok(Number(groups) >= least && Number(groups) <= most, `${stat?.detail}; ${least} to ${most}`);
      assert.ok(node.cost.readings < 150, `${node.cost.readings} files`);
      // 30 to 80 ms were measured; in CPU time, which pauses of the machine hardly touch.
      assert.ok(node.cost.cpuNs < 1e9, `${node.cost.cpuNs / 1e6} ms`);
    });
  });

  test('the same of version 2, with the CPU statistics of as many as there is time for', {
    skip: groupsMissing(UNIFIED),
  }, async () => {
    await withGroup(UNIFIED, async (group) => {
      makeGroups(group, 10_000);
      const names = ['zombie-groups', 'memory-stat', 'cpu-throttling'].flatMap((name) => ['--only', name]);
      const before = groupCount(UNIFIED);
      const { of, node } = await report(ONLY_VERSION_2, ...names, '-i', '200ms');
      const most = Math.max(before, groupCount(UNIFIED));
      assert.ok((of('zombie-groups')[0]?.measured.live ?? 0) >= 10_001, of('zombie-groups')[0]?.detail);
      const among = of('cpu-throttling')[0]?.detail ?? '';
      const { least } = /among \d+ of (?:more than )?(?<least>\d+) groups$/.exec(among)?.groups ?? {};
      assert.ok(Number(least) >= 10_000 && Number(least) <= most, `${among}; ${most}`);
      assert.ok(node.cost.readings < 4_200, `${node.cost.readings} files`);
      assert.ok(node.cost.cpuNs < 1e9, `${node.cost.cpuNs / 1e6} ms`);
    });
  });

  test('finds memory.stat of the root slow while thousands of groups change', {
    skip: groupsMissing(MEMORY),
  }, async () => {
    await withGroup(MEMORY, async (group) => {
      // A quick machine sums up 6,000 of them in 0.75 ms.
      makeGroups(group, 15_000);
      await whileChanging(group, 15_000, FILES, async () => {
        const { of } = await report([], '--only', 'memory-stat', '-i', '1300ms');
        const [slowest] = of('memory-stat');
        assert.ok(slowest?.state === 'notice' || slowest?.state === 'wrong', slowest?.detail);
        assert.ok((slowest?.measured.cpuNs ?? 0) >= 1e6, slowest?.detail);
      });
    });
  });

  test('finds the group that is stopped at its CPU quota, by name', { skip: groupsMissing(CPU) }, async () => {
    await withGroup(CPU, async (group) => {
      writeFileSync(`${group}/cpu.cfs_period_us`, '50000');
      writeFileSync(`${group}/cpu.cfs_quota_us`, '2000');
      // Whatever else the machine has to do, it gets enough to use that up.
      writeFileSync(`${group}/cpu.shares`, '262144');
      const hog = spawn('sh', ['-c', `echo $$ > ${group}/cgroup.procs; echo in; while :; do :; done`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await new Promise((resolve) => hog.stdout.once('data', resolve));
        // A group is seen to have a quota once it has gone through a period of it.
        while (!/^nr_throttled [1-9]/m.test(readFileSync(`${group}/cpu.stat`, 'utf8'))) await setImmediate();
        const { of, status } = await report([], '--only', 'cpu-throttling', '-i', '1500ms');
        const found = of('cpu-throttling').find(({ subject }) => subject === group.slice(CPU.length));
        assert.equal(found?.state, 'wrong', JSON.stringify(of('cpu-throttling')));
        assert.ok((found?.measured.throttled ?? 0) >= 5, found?.detail);
        assert.equal(status, 1);
      } finally {
        hog.kill('SIGKILL');
        await exitOf(hog);
      }
    });
  });

  test('sees a group of version 2 that a socket holds', { skip: groupsMissing(UNIFIED) }, async () => {
    await withGroup(UNIFIED, async (group) => {
      execFileSync('mkdir', [`${group}/held`]);
      const holder = spawn(
        'perl',
        ['-MIO::Socket::INET', '-e', HOLDER, `${group}/held/cgroup.procs`, `${UNIFIED}/cgroup.procs`],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      try {
        await new Promise((resolve) => holder.stdout.once('data', resolve));
        execFileSync('rmdir', [`${group}/held`]);
        const { of } = await report(ONLY_VERSION_2, '--only', 'zombie-groups', '--only', 'memory-stat');
        const [found] = of('zombie-groups');
        assert.equal(found?.state, 'ok', found?.detail);
        assert.equal(found?.measured.version, 2);
        assert.ok((found?.measured.dying ?? 0) >= 1, found?.detail);
        assert.ok((found?.measured.live ?? 0) >= 1, found?.detail);
      } finally {
        holder.stdin.end();
        await exitOf(holder);
      }
    });
  });

  test('without control groups those checks are unknown, with the reason, and the others go on', async () => {
    const { of, status } = await report(
      ['unshare', '-m', 'sh', '-c', 'umount -R /sys/fs/cgroup; exec "$@"', 'sh'],
      '-i',
      '200ms',
    );
    for (const name of ['memory-stat', 'zombie-groups', 'cpu-throttling']) {
      assert.deepEqual(
        of(name).map(({ state, detail }) => `${state} ${detail}`),
        ['unknown no control group file system is mounted here'],
      );
    }
    assert.notEqual(of('steal')[0]?.state, 'unknown');
    assert.ok(status === 0 || status === 1);
  });

  test('control groups that cannot be written are read all the same', { skip: groupsMissing(UNIFIED) }, async () => {
    const only = 'umount -R /sys/fs/cgroup; mount -t tmpfs none /sys/fs/cgroup; mkdir /sys/fs/cgroup/two';
    const bind = `${only}; mount -t cgroup2 none /sys/fs/cgroup/two; mount -o remount,bind,ro /sys/fs/cgroup/two; exec "$@"`;
    const { of } = await report(['unshare', '-m', 'sh', '-c', bind, 'sh'], '--only', 'zombie-groups');
    assert.notEqual(of('zombie-groups')[0]?.state, 'unknown', of('zombie-groups')[0]?.detail);
  });

  test('without /proc/net and /sys the checks of them are unknown', async () => {
    const hide = 'mount -t tmpfs none /sys; mount --bind /sys /proc/sys/net; exec "$@"';
    const { of, node } = await report(['unshare', '-m', 'sh', '-c', hide, 'sh'], '-i', '200ms');
    assert.deepEqual(
      of('nic-queues').map(({ state, detail }) => `${state} ${detail}`),
      ['unknown /sys/devices/system/cpu/online: not there'],
    );
    assert.equal(of('conntrack-fill')[0]?.state, 'unknown');
    assert.ok(node.unknown >= 2);
  });

  test('a full table of connections in a namespace is found there, with what it drops', async () => {
    await withNamespace(async (namespace, hosts) => {
      execFileSync('ip', [
        'netns',
        'exec',
        namespace,
        'iptables',
        '-A',
        'OUTPUT',
        '-m',
        'conntrack',
        '--ctstate',
        'NEW',
      ]);
      const filler = spawn('ip', ['netns', 'exec', namespace, 'perl', '-MSocket', '-e', FILLER], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      try {
        await new Promise((resolve) => filler.stdout.once('data', resolve));
        const names = ['--only', 'conntrack-fill', '--only', 'conntrack-insert'];
        const { of, status } = await report([], 'there', '--hosts', hosts, '-i', '500ms', ...names);
        assert.equal(of('conntrack-fill')[0]?.state, 'wrong', of('conntrack-fill')[0]?.detail);
        assert.equal(of('conntrack-insert')[0]?.state, 'wrong', of('conntrack-insert')[0]?.detail);
        assert.equal(status, 1);
      } finally {
        filler.stdin.end();
        await exitOf(filler);
      }
    });
  });

  test('in a namespace: its own interfaces, threads and counters, the control groups of the machine', async () => {
    await withNamespace(async (namespace, hosts) => {
      const ip = (...args: string[]) => execFileSync('ip', ['-n', namespace, ...args]);
      ip('link', 'add', 'va', 'numrxqueues', '2', 'numtxqueues', '2', 'type', 'veth', 'peer', 'name', 'vb');
      for (const name of ['va', 'vb']) ip('link', 'set', name, 'up');
      const set = 'ethtool -K va gro on >/dev/null; echo 1 > /sys/class/net/va/threaded';
      execFileSync('ip', ['netns', 'exec', namespace, 'sh', '-c', set]);
      const { of } = await report([], 'there', '--hosts', hosts, '-i', '200ms');
      assert.deepEqual(
        of('threaded-napi').map(({ state, subject, detail }) => `${state} ${subject} ${detail}`),
        ['notice va on: 2 threads, 2 of them with an ordinary policy', 'ok vb off: packets are received in softirqs'],
      );
      const local = await report([], '--only', 'zombie-groups', '-i', '200ms');
      assert.equal(of('zombie-groups')[0]?.measured.version, local.of('zombie-groups')[0]?.measured.version);
    });
  });

  test('a node that cannot be reached does not keep the others from being looked at', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-check-'));
    try {
      const hosts = join(folder, 'hosts.yaml');
      writeFileSync(
        hosts,
        'vantages:\n  gone: { transport: netns, name: rxray-none }\n  here: { transport: local }\ntargets: {}\n',
      );
      const { status, out, err } = await run([], '--hosts', hosts, '--only', 'nic-queues');
      assert.match(out, /^here \(this host\)/);
      assert.match(err, /^rxray: gone: there is no network namespace rxray-none \[E_NETNS\]\n {2}→ /);
      assert.equal(status, 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('wrong use says what to write', async () => {
  for (const [args, code] of [
    [['--only', 'nonsense'], 'E_USAGE'],
    [['bad'], 'E_HOSTS'],
    [['--interval', '2'], 'E_UNIT'],
    [['--interval', '20m'], 'E_USAGE'],
    [['--hosts', '/nonexistent.yaml'], 'E_HOSTS'],
  ] as const) {
    const { status, err } = await run([], ...args);
    assert.equal(status, 2, err);
    assert.match(err, new RegExp(`\\[${code}\\]\\n {2}→ `));
  }
});

test('--list reads nothing and names every check with its source', async () => {
  const { status, out } = await run([], '--list');
  assert.equal(status, 0);
  assert.equal(out.match(/^ {2}source: /gm)?.length, ALL_CHECKS.length);
});

/** A mount namespace in which version 2 is all there is. */
const ONLY_VERSION_2 = [
  'unshare',
  '-m',
  'sh',
  '-c',
  'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"',
  'sh',
];

/** A socket made in one group keeps it when its process has moved to another. */
const HOLDER = `
sub enter { open(my $procs, '>', $_[0]) or die "$_[0]: $!"; syswrite($procs, "$$\\n"); close $procs }
alarm 30; $| = 1;
enter($ARGV[0]);
my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die $!;
enter($ARGV[1]);
print "held\\n";
sysread(STDIN, my $end, 1);
`;

/** New UDP flows on loopback until its input ends: more than any table of the default size has room for. */
const FILLER = `
alarm 60; $| = 1;
socket(my $in, PF_INET, SOCK_DGRAM, 0); bind($in, pack_sockaddr_in(9, INADDR_ANY)) or die $!;
socket(my $out, PF_INET, SOCK_DGRAM, 0);
open(my $file, '<', '/proc/sys/net/netfilter/nf_conntrack_max'); my $most = <$file>;
die "a table of $most\\n" if $most > 1000000;
my $pid = fork(); if ($pid == 0) { sysread(STDIN, my $end, 1); kill 'TERM', getppid(); exit 0 }
for (my $n = 0; $n < 8000000; $n++) {
  my $address = chr(127) . chr(1 + (($n >> 16) & 127)) . chr(($n >> 8) & 255) . chr($n & 255);
  send($out, 'x', 0, pack_sockaddr_in(9, $address));
  print "full\\n" if $n == $most + 2000;
}
`;

async function withNamespace(work: (namespace: string, hosts: string) => Promise<void>): Promise<void> {
  const namespace = `rxray-check-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'rxray-check-'));
  const hosts = join(folder, 'hosts.yaml');
  writeFileSync(hosts, `vantages:\n  there: { transport: netns, name: ${namespace} }\ntargets: {}\n`);
  execFileSync('ip', ['netns', 'add', namespace]);
  try {
    execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    await work(namespace, hosts);
  } finally {
    execFileSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true });
  }
}
