import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsRoot } from './lab-probing.js';
import { traceSyscalls } from './syscalls-run.js';

suite('rxray trace syscalls, refused and ended', { ...needsRoot, timeout: 240_000 }, () => {
  test('without the right to load programs it says so and what to do', async () => {
    const drop = ['setpriv', '--bounding-set=-bpf,-perfmon,-sys_admin'];
    const told = await traceSyscalls([], drop).ended;
    assert.equal(told.status, 4);
    assert.match(told.err, /\[E_NO_BPF\]\n {2}→ run with sudo/);
  });

  test('wrong use is refused with what to write', async () => {
    const refused: readonly (readonly [string[], RegExp])[] = [
      [['-e', 'reed'], /there is no such system call \[E_USAGE\]/],
      [['--min', '200'], /the unit is missing.*\[E_UNIT\]/],
      [['--pod', 'web-0'], /kubectl get pod NAME -o jsonpath/],
      [['--dump-on', 'slow=1s'], /--flight-recorder/],
      [['somewhere'], /--hosts FILE/],
    ];
    for (const [args, message] of refused) {
      const told = await traceSyscalls(args).ended;
      assert.equal(told.status, 2, args.join(' '));
      assert.match(told.err, message);
    }
    const gone = await traceSyscalls(['--cgroup', '/no-such-group']).ended;
    assert.equal(gone.status, 4);
    assert.match(gone.err, /E_NO_CGROUP/);
  });

  test('killing the tracer or the client leaves no program and no map behind', async () => {
    for (const victim of ['tracer', 'client'] as const) {
      const tracing = traceSyscalls(['--summary', '--flight-recorder', '-e', 'getppid']);
      await tracing.started;
      const tracer = childOf(tracing.child.pid ?? 0);
      const held = programsOf(tracer);
      assert.ok(held.programs.length >= 7 && held.maps.length > 0, JSON.stringify(held));
      process.kill(victim === 'tracer' ? tracer : (tracing.child.pid ?? 0), 'SIGKILL');
      await tracing.ended;
      // The kernel takes them away some time after their last holder has gone; nothing tells when.
      await until(
        () => !existsSync(`/proc/${tracer}`) && remaining(held).length === 0,
        () => `${victim}: ${remaining(held)}`,
      );
    }
  });
});

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Numbers of the BPF programs and maps that a process holds. */
function programsOf(pid: number): { programs: string[]; maps: string[] } {
  const numbers = (key: string) =>
    execFileSync('sh', ['-c', `cat /proc/${pid}/fdinfo/* 2>/dev/null || true`], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith(`${key}:`))
      .map((line) => line.split(/\s+/)[1] ?? '');
  return { programs: numbers('prog_id'), maps: numbers('map_id') };
}

function remaining({ programs, maps }: { programs: readonly string[]; maps: readonly string[] }): string[] {
  const listed = (what: string) =>
    new Set(
      execFileSync('bpftool', [what, 'show'], { encoding: 'utf8' })
        .split('\n')
        .flatMap((line) => /^(\d+):/.exec(line)?.[1] ?? []),
    );
  const here = { programs: listed('prog'), maps: listed('map') };
  return [...programs.filter((id) => here.programs.has(id)), ...maps.filter((id) => here.maps.has(id))];
}

async function until(condition: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < end, what());
    await sleep(50);
  }
}
