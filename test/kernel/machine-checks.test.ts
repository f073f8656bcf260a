import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStat } from '../../src/kernel/checks/memory-stat.js';
import { readNode } from '../../src/kernel/read-node.js';
import { FakeNode, type FakeNodeOptions, saidBy } from './fake-node.js';

const MOUNTS = '/proc/self/mountinfo';
const V1 = `24 1 0:21 / /sys rw - sysfs sysfs rw
32 24 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 24 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 24 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const V2 = '30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';
const PROC_CGROUPS = (memory: number) =>
  `#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\nmemory\t4\t${memory}\t1\npids\t8\t1\t1\n`;

describe('zombie memory groups', () => {
  const v1 = (all: number, live: number, more: Partial<FakeNodeOptions> = {}) => {
    const below = Object.fromEntries(Array.from({ length: live - 1 }, (_, index) => [`/pod${index}`, 0]));
    const files = { [MOUNTS]: V1, '/proc/cgroups': PROC_CGROUPS(all), '/sys/fs/cgroup/memory/release_agent': '\n' };
    return saidBy('zombie-groups', { files, trees: { '/sys/fs/cgroup/memory': below }, ...more });
  };
  const v2 = (stat: string, more: Record<string, string> = {}) =>
    saidBy('zombie-groups', {
      files: { [MOUNTS]: V2, '/sys/fs/cgroup/cgroup.stat': stat, ...more },
      trees: { '/sys/fs/cgroup': {} },
    });

  it('v1: the kernel counts all, directories are the live ones', async () => {
    assert.deepEqual(await v1(75, 5), ['ok 70 dying, 5 live (14.0 to 1; cgroup v1)']);
    assert.deepEqual(await v1(68_680, 240), ['wrong 68440 dying, 240 live (285.2 to 1; cgroup v1)']);
    assert.deepEqual(await v1(3500, 2000), ['notice 1500 dying, 2000 live (0.8 to 1; cgroup v1)']);
  });

  it('v1: a group made while counting is no negative number of zombies', async () => {
    assert.deepEqual(await v1(4, 5), ['ok 0 dying, 5 live (0.0 to 1; cgroup v1)']);
  });

  it('v1: what cannot be counted from here convicts nobody', async () => {
    assert.deepEqual(await v1(9000, 5, { walkGivenUp: true }), ['unknown more than 5 groups: counting was given up']);
    const files = { [MOUNTS]: V1, '/proc/cgroups': PROC_CGROUPS(9000) };
    assert.deepEqual(await v1(9000, 5, { files }), ['unknown a container sees only its own groups']);
  });

  it('v2: cgroup.stat counts them, since 6.12 by controller', async () => {
    const older = 'nr_descendants 200\nnr_dying_descendants 1001\n';
    assert.deepEqual(await v2(older), ['wrong 1001 dying, 200 live (5.0 to 1; cgroup v2)']);
    const newer =
      'nr_descendants 200\nnr_subsys_cpu 90\nnr_subsys_memory 150\nnr_dying_descendants 30\nnr_dying_subsys_memory 1600\n';
    assert.deepEqual(await v2(newer), ['wrong 1600 dying, 150 live (10.7 to 1; cgroup v2)']);
  });

  it('v2: in a container the count is of that container', async () => {
    const text = 'nr_descendants 2\nnr_dying_descendants 1\n';
    assert.deepEqual(await v2(text, { '/sys/fs/cgroup/cgroup.type': 'domain\n' }), [
      'ok 1 dying, 2 live (0.5 to 1; cgroup v2, of this container alone)',
    ]);
  });

  it("in a container that has the host's groups mounted as well, those are counted", async () => {
    const own = '700 699 0:32 /kubepods/pod1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n';
    for (const [mounted, place] of [
      ['/', '/host/cgroup\\040memory'],
      ['/../../..', '/host/cgroup\\040memory'],
    ]) {
      const files = {
        [MOUNTS]: `${own}701 699 0:32 ${mounted} ${place} ro - cgroup cgroup rw,memory\n`,
        '/proc/cgroups': PROC_CGROUPS(3),
        '/host/cgroup memory/release_agent': '\n',
      };
      const trees = { '/host/cgroup memory': { '/pod 1': 0 } };
      assert.deepEqual(await saidBy('zombie-groups', { files, trees }), ['ok 1 dying, 2 live (0.5 to 1; cgroup v1)']);
    }
  });

  it('without control groups, or without a mount table, the reason is told', async () => {
    assert.deepEqual(await saidBy('zombie-groups', { files: { [MOUNTS]: '24 1 0:21 / /sys rw - sysfs sysfs rw\n' } }), [
      'unknown no control group file system is mounted here',
    ]);
    assert.deepEqual(await saidBy('zombie-groups', {}), [`unknown ${MOUNTS}: not there`]);
  });
});

describe('how long memory.stat takes', () => {
  const ROOT = '/sys/fs/cgroup/memory.stat';
  const PODS = '/sys/fs/cgroup/kubepods/memory.stat';
  const said = (readNs: Record<string, readonly number[]>) =>
    saidBy('memory-stat', {
      files: { [MOUNTS]: V2, [ROOT]: 'anon 1\n', [PODS]: 'anon 1\n' },
      trees: { '/sys/fs/cgroup': { '/kubepods': 0 } },
      readNs,
    });

  it('quick ones are fine', async () => {
    assert.deepEqual(await said({}), ['ok slowest 20 µs (/), 2 files of 2 groups']);
  });

  it('slow in both readings is wrong from 10 ms on, a notice from 1 ms on', async () => {
    assert.deepEqual(await said({ [ROOT]: [153_000_000, 151_000_000], [PODS]: [2_000_000, 1_500_000] }), [
      'wrong /: takes 151 ms to read, up to 153 ms of CPU time (quickest of 2; 2 files of 2 groups)',
      'notice /kubepods: takes 1.5 ms to read, up to 2 ms of CPU time (quickest of 2; 2 files of 2 groups)',
    ]);
  });

  it('slow once only is a notice: the first reading did the work for the second', async () => {
    assert.deepEqual(await said({ [ROOT]: [40_000_000, 30_000] }), [
      'notice /: takes 30 µs to read, up to 40 ms of CPU time (quickest of 2; 2 files of 2 groups)',
    ]);
  });

  it('of 10,000 groups it reads the root, the largest, and an even choice: 65 in all, and one file more', async () => {
    const groups = Object.fromEntries(
      Array.from({ length: 4000 }, (_, index) => [`/g${index}`, index === 3777 ? 6000 : 0]),
    );
    const node = new FakeNode({ files: { [MOUNTS]: V2 }, trees: { '/sys/fs/cgroup': groups } });
    await readNode([memoryStat], { network: node, machine: node }, 1, new AbortController().signal);
    const reads = node.orders.filter((order) => order.endsWith('/memory.stat'));
    assert.equal(reads.length, 65);
    assert.deepEqual(reads.slice(0, 3), [
      'read /sys/fs/cgroup/memory.stat',
      'read /sys/fs/cgroup/g3777/memory.stat',
      'read /sys/fs/cgroup/g0/memory.stat',
    ]);
    assert.ok(node.orders.includes('budget 150000000'));
  });

  it('where the right to read is missing, that is what it says', async () => {
    const files = { [MOUNTS]: V2 };
    const errors = { [ROOT]: 'EACCES' };
    assert.deepEqual(await saidBy('memory-stat', { files, errors, trees: { '/sys/fs/cgroup': {} } }), [
      `unknown ${ROOT}: no permission to read it`,
    ]);
  });
});

describe('CPU quotas', () => {
  const pod = '/sys/fs/cgroup/cpu,cpuacct/pod/cpu.stat';
  const v1 = (periods: number, throttled: number, ns: number) =>
    `nr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_time ${ns}\nnr_bursts 0\nburst_time 0\n`;
  const v2 = (periods: number, throttled: number, us: number) =>
    `usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec ${us}\n`;
  const on = (version: string, root: string, path: string, texts: readonly [string, string]) =>
    saidBy('cpu-throttling', { files: { [MOUNTS]: version, [path]: texts }, trees: { [root]: { '/pod': 0 } } });

  it('v1 counts nanoseconds, v2 microseconds', async () => {
    assert.deepEqual(await on(V1, '/sys/fs/cgroup/cpu,cpuacct', pod, [v1(100, 10, 5e8), v1(120, 16, 8e8)]), [
      'wrong /pod: stopped in 6 of 20 periods, 300 ms in all',
    ]);
    const path = '/sys/fs/cgroup/pod/cpu.stat';
    assert.deepEqual(await on(V2, '/sys/fs/cgroup', path, [v2(100, 10, 5e5), v2(120, 15, 8e5)]), [
      'notice /pod: stopped in 5 of 20 periods, 300 ms in all',
    ]);
  });

  it('what was stopped in the past only is fine', async () => {
    const same = [v2(100, 90, 5e5), v2(120, 90, 5e5)] as const;
    assert.deepEqual(await on(V2, '/sys/fs/cgroup', '/sys/fs/cgroup/pod/cpu.stat', same), [
      'ok none; 1 groups with a quota among 1 of 2 groups',
    ]);
  });
});

describe('steal', () => {
  const stat = (...ticks: number[]) => `cpu  ${ticks.join(' ')}\ncpu0 ${ticks.join(' ')}\nintr 1 2\n`;
  const said = (before: string, after: string) => saidBy('steal', { files: { '/proc/stat': [before, after] } });

  it('is a share of the CPU time of the interval; guest time is not counted twice', async () => {
    const zero = stat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assert.deepEqual(await said(zero, stat(10, 0, 10, 370, 0, 0, 2, 8, 10, 0)), ['ok 2.0 % of the CPU time']);
    assert.deepEqual(await said(zero, stat(10, 0, 10, 359, 0, 0, 0, 21, 0, 0)), ['notice 5.3 % of the CPU time']);
    assert.deepEqual(await said(zero, stat(10, 0, 10, 300, 0, 0, 0, 80, 0, 0)), ['wrong 20.0 % of the CPU time']);
  });

  it('no time between the readings, or an unforeseen text, is unknown', async () => {
    const same = stat(1, 2, 3, 4, 5, 6, 7, 8);
    assert.deepEqual(await said(same, same), [
      'unknown no time passed between the two readings: make --interval longer',
    ]);
    assert.deepEqual(await said('cpu  1 2\n', 'cpu  1 2\n'), [
      'unknown of a form that is not known here: /proc/stat has no line of cpu',
    ]);
  });
});

describe('known kernel issues', () => {
  const RELEASE = '/proc/sys/kernel/osrelease';
  const ROOT = '/sys/fs/cgroup/memory.stat';
  const said = async (version: string, readNs = 20_000) => {
    const results = await saidBy('kernel-issues', {
      files: {
        [RELEASE]: `${version}\n`,
        [MOUNTS]: V2,
        [ROOT]: 'anon 1\n',
        '/sys/fs/cgroup/cgroup.stat': 'nr_descendants 9\nnr_dying_descendants 0\n',
        '/sys/fs/cgroup/cpu.stat': 'usage_usec 1\n',
      },
      trees: { '/sys/fs/cgroup': {} },
      readNs: { [ROOT]: [readNs] },
    });
    return results.map((result) => {
      const commit = /[0-9a-f]{12}/.exec(result)?.[0];
      return commit === undefined ? result : `${result.split(' ')[0]} ${commit}`;
    });
  };

  it('a version alone accuses nobody where a measurement can decide', async () => {
    assert.deepEqual(await said('5.4.0-26-generic'), ['notice d15121be7485', 'ok 2d146aa3aa84']);
    assert.deepEqual(await said('5.14.0-427.el9.x86_64'), ['notice d15121be7485', 'ok 0efc297a3c49']);
    assert.deepEqual(await said('4.19.0'), [
      'notice d15121be7485',
      'ok 2d146aa3aa84',
      'ok fb2f2b0adb98',
      'ok de53fd7aedb1',
    ]);
  });

  it('what is measured as well is a notice', async () => {
    assert.deepEqual(await said('5.4.0', 30_000_000), ['notice d15121be7485', 'notice 2d146aa3aa84']);
    assert.deepEqual(await said('6.6.30', 30_000_000), ['notice 0efc297a3c49']);
  });

  it('a release that has all the fixes is fine', async () => {
    assert.deepEqual(await said('6.18.44'), ['ok 6.18.44: none known here']);
    assert.deepEqual(await said('6.15.0-rc1', 30_000_000), ['ok 6.15.0-rc1: none known here']);
    assert.deepEqual(await said('FreeBSD'), ['unknown not a version of Linux: FreeBSD']);
  });
});
