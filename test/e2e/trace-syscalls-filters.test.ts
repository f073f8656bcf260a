import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MS } from '../../src/model/time.js';
import { needsRoot } from './lab-probing.js';
import { cgroupMount, counted, PYTHON, startWorker, theOnly, traceSyscalls, withCgroups } from './syscalls-run.js';

const OWN = `rxray-syscalls-${process.pid}`;
/** Of the namespace of processes that a machine begins with. */
const FIRST_PIDS = 0xeffffffc;
/** Nobody else's: tests may run more than once at a time. */
const CONTAINER = process.pid.toString(16).padStart(12, 'c0ffee').repeat(6).slice(0, 64);

suite('rxray trace syscalls, kept to some', { ...needsRoot, timeout: 240_000 }, () => {
  test('keeps to the process, the name, or the cgroup v1 or v2 or container that is asked for', async (t) => {
    const v1 = cgroupMount(1);
    const v2 = cgroupMount(2);
    const folder = mkdtempSync(join(tmpdir(), 'rxray-'));
    const named = join(folder, `#1 odd ${process.pid}`);
    symlinkSync(PYTHON, named);
    const inside = `${v1}/${OWN}/docker/${CONTAINER}/below`;
    const unified = `${v2}/${OWN}`;
    if (v1 === undefined || v2 === undefined) return t.skip('this machine does not mount both versions of cgroups');
    await withCgroups([`${v1}/${OWN}`, inside, unified], async () => {
      const body = 'for i in range(1009): os.getppid()';
      const filters: readonly (readonly [string, (pid: number) => string[]])[] = [
        ['pid', (pid) => ['-p', String(pid)]],
        ['name', () => ['--comm', `#1 odd ${process.pid}`]],
        ['v1', () => ['--cgroup', `${v1}/${OWN}`]],
        ['v1, from its root', () => ['--cgroup', `/${OWN}/docker`]],
        ['container', () => ['--container', CONTAINER.slice(0, 12)]],
        ['v2', () => ['--cgroup', unified]],
      ];
      const outsiders = await Promise.all(filters.map(() => startWorker(body)));
      const insiders = await Promise.all(filters.map(() => startWorker(body, [inside, unified], named)));
      try {
        // Two at a time: more would wait for each other's CPU.
        for (const [index, [what, args]] of filters.entries()) {
          const insider = insiders[index];
          const outsider = outsiders[index];
          if (!insider || !outsider) continue;
          const tracing = traceSyscalls(['--summary', '-e', 'getppid', ...args(insider.pid)]);
          await tracing.started;
          await Promise.all([insider.work(), outsider.work()]);
          tracing.stop();
          const told = await tracing.ended;
          const row = theOnly(told.summaries);
          assert.deepEqual([what, row.pid, row.count], [what, insider.pid, 1009]);
          assert.equal(row.cgroup1?.path, `/${OWN}/docker/${CONTAINER}/below`);
          assert.equal(row.cgroup2?.path, `/${OWN}`);
          assert.equal(row.container, CONTAINER);
        }
      } finally {
        for (const worker of [...insiders, ...outsiders]) worker.end();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  test('a pod whose cgroups are out of sight, as in a container, is followed by its processes and what they start', async (t) => {
    const mount = cgroupMount(1) ?? cgroupMount(2);
    if (mount === undefined) return t.skip('this machine mounts no cgroups');
    if (statSync('/proc/self/ns/pid').ino !== FIRST_PIDS)
      return t.skip('numbers of processes are not the of the machine here');
    const uid = `${process.pid.toString(16).padStart(8, '0')}-1111-2222-3333-444455556666`;
    const inside = `${mount}/${OWN}-pod/pod${uid}/below`;
    await withCgroups([`${mount}/${OWN}-pod`, inside], async () => {
      const child = 'if os.fork() == 0:\n  for i in range(503): os.getppid()\n  os._exit(0)\nos.wait()\n';
      const insider = await startWorker(`${child}for i in range(1009): os.getppid()`, [inside]);
      const outsider = await startWorker('for i in range(1009): os.getppid()');
      const hidden = 'umount -l /sys/fs/cgroup/* 2>/dev/null; umount -l /sys/fs/cgroup; exec "$@"';
      const under = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', hidden, 'sh'];
      try {
        const tracing = traceSyscalls(['--summary', '-e', 'getppid', '--pod', uid], under);
        await tracing.started;
        await Promise.all([insider.work(), outsider.work()]);
        tracing.stop();
        const told = await tracing.ended;
        const counts = told.summaries.map(({ count }) => count).sort((one, other) => one - other);
        assert.deepEqual(counts, [503, 1009], told.err);
        assert.ok(told.summaries.some(({ pid, count }) => pid === insider.pid && count === 1009));
      } finally {
        for (const worker of [insider, outsider]) worker.end();
      }
    });
  });

  test('--no-idle leaves out what waits for something to do, and nothing else', async () => {
    const body = 'for i in range(211): time.sleep(0.0001); select.select([], [], [], 0.0001); os.getppid()';
    for (const [args, idle] of [
      [[], true],
      [['--no-idle'], false],
      [['-e', '!getppid', '--no-idle'], false],
    ] as const) {
      const worker = await startWorker(`import select\n${body}`);
      try {
        const tracing = traceSyscalls(['--summary', '-p', String(worker.pid), ...args]);
        await tracing.started;
        await worker.work();
        tracing.stop();
        const told = await tracing.ended;
        const waits = ['clock_nanosleep', 'select', 'pselect6'].reduce(
          (sum, name) => sum + counted(told, name).count,
          0,
        );
        assert.deepEqual([args, waits], [args, idle ? 422 : 0], JSON.stringify(told.end.lost));
        assert.equal(counted(told, 'getppid').count, args[0] === '-e' ? 0 : 211, args.join(' '));
      } finally {
        worker.end();
      }
    }
  });

  test('finds who reads the memory.stat of a tree with zombies, with path and cgroup', async (t) => {
    const mount = cgroupMount(1) ?? cgroupMount(2);
    if (mount === undefined) return t.skip('no memory cgroups on this machine');
    const tree = `${mount}/${OWN}-zombies`;
    const reader = `${mount}/${OWN}-reader`;
    const folder = mkdtempSync(join(tmpdir(), 'rxray-'));
    const program = join(folder, 'memstat-reader');
    symlinkSync(PYTHON, program);
    const files = mkdtempSync('/dev/shm/rxray-');
    // Memory that only groups below can hold.
    // On v1 `total_shmem` has what is below, on v2 `shmem`.
    const held = (): number =>
      Math.max(
        ...[...readFileSync(`${tree}/memory.stat`, 'utf8').matchAll(/shmem (\d+)$/gm)].map(([, n]) => Number(n)),
      );
    try {
      await withCgroups([tree, reader], async () => {
        for (let index = 0; index < 40; index += 1) {
          const script = `mkdir ${tree}/z${index}; echo $$ > ${tree}/z${index}/cgroup.procs; head -c 8192 /dev/zero > ${files}/${index}`;
          execFileSync('sh', ['-c', script]);
          // The file in memory keeps the group that wrote it.
          execFileSync('rmdir', [`${tree}/z${index}`]);
        }
        // The kernel adds up small changes every two seconds only.
        for (const end = Date.now() + 10_000; held() < 40 * 8192 && Date.now() < end; ) await sleep(100);
        assert.deepEqual([held() >= 40 * 8192, readdirSync(tree).filter((name) => /^z/.test(name))], [true, []]);
        const body = `for i in range(50):\n  with open("${tree}/memory.stat") as f: f.read()`;
        const worker = await startWorker(body, [reader], program);
        const tracing = traceSyscalls(['--min', '2us', '-e', 'read', '--cgroup', reader]);
        await tracing.started;
        await worker.work();
        tracing.stop();
        const told = await tracing.ended;
        const reads = told.calls.filter(({ file }) => file?.endsWith('/memory.stat') === true);
        assert.ok(reads.length >= 40, `${reads.length} reads of 50 told; ${told.calls.length} calls in all`);
        const [first] = reads;
        assert.equal(first?.name, 'read');
        assert.equal(first?.process, 'memstat-reader');
        assert.match(first?.fileSystem ?? '', /^cgroup2?$/);
        assert.equal((first?.cgroup1 ?? first?.cgroup2)?.path, `/${OWN}-reader`);
        const whole = reads.filter(({ fileBelowMount }) => fileBelowMount !== true);
        assert.ok(whole.every(({ file }) => file === `${tree}/memory.stat`));
        // Where the file was closed before it was looked up, the path below the mount is told, and counted.
        assert.ok(reads.every(({ file }) => file?.endsWith(`/${OWN}-zombies/memory.stat`) === true));
        assert.ok(told.end.lost.gone >= reads.length - whole.length);
      });
    } finally {
      rmSync(files, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('dumps what led to a slow call out of the flight recorder, and nothing without one', async (t) => {
    const v1 = cgroupMount(1);
    if (v1 === undefined) return t.skip('no cgroup v1 on this machine');
    const own = `${v1}/${OWN}`;
    await withCgroups([own], async () => {
      const worker = await startWorker(
        'for i in range(13): os.getppid()\ntime.sleep(0.15)\nos.getpid()\ntime.sleep(0.3)',
        [own],
      );
      const tracing = traceSyscalls(['--cgroup', own, '--flight-recorder', '--dump-on', 'slow=100ms']);
      await tracing.started;
      await worker.work();
      tracing.stop();
      const told = await tracing.ended;
      const dump = told.lines.find((line) => line.type === 'syscall-dump');
      assert.equal(dump?.because, 'slow-call');
      assert.equal(dump?.cgroup1?.path, `/${OWN}`);
      const recorded = told.calls.filter((call) => call.dump === dump?.dump);
      assert.equal(recorded.length, dump?.calls);
      assert.equal(recorded.filter(({ name }) => name === 'getppid').length, 13);
      const last = recorded.findIndex(({ durationNs }) => durationNs >= 100 * MS);
      assert.equal(recorded[last]?.name, 'clock_nanosleep');
    });
  });

  test('on a vantage that is a network namespace it keeps to the processes in that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-'));
    const hosts = join(folder, 'hosts.yaml');
    execFileSync('ip', ['netns', 'add', OWN]);
    try {
      writeFileSync(hosts, `vantages: { apart: { transport: netns, name: ${OWN} } }\ntargets: {}\n`);
      const code = 'import os,sys\nsys.stdin.readline()\nfor i in range(401): os.getppid()';
      const inside = spawn('ip', ['netns', 'exec', OWN, PYTHON, '-c', code], { stdio: ['pipe', 'ignore', 'inherit'] });
      const outside = await startWorker('for i in range(409): os.getppid()');
      const tracing = traceSyscalls(['apart', '--hosts', hosts, '--summary', '-e', 'getppid']);
      await tracing.started;
      inside.stdin.write('go\n');
      await Promise.all([once(inside, 'close'), outside.work()]);
      tracing.stop();
      const told = await tracing.ended;
      const mine = told.summaries.filter(({ pid }) => pid === inside.pid || pid === outside.pid);
      assert.deepEqual([theOnly(mine).pid, theOnly(mine).count], [inside.pid, 401]);
    } finally {
      execFileSync('ip', ['netns', 'delete', OWN]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a container is found among as many cgroups as can be made in a second and a half', async (t) => {
    const v2 = cgroupMount(2);
    if (v2 === undefined) return t.skip('no cgroup v2 on this machine');
    const own = `${v2}/${OWN}-many`;
    const wanted = `${own}/docker-${CONTAINER}.scope`;
    await withCgroups([own, wanted], async () => {
      const until = Date.now() + 1500;
      let made = 0;
      for (; made < 10_000 && Date.now() < until; made += 1) mkdirSync(`${own}/g${made}`);
      assert.ok(made >= 1000, `${made} made`);
      const worker = await startWorker('for i in range(307): os.getppid()', [wanted]);
      const tracing = traceSyscalls(['--summary', '-e', 'getppid', '--container', CONTAINER.slice(0, 16)]);
      await tracing.started;
      await worker.work();
      tracing.stop();
      const row = theOnly((await tracing.ended).summaries);
      assert.deepEqual([row.count, row.container], [307, CONTAINER]);
      t.diagnostic(`${made} cgroups`);
    });
  });
});
