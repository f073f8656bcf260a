import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { recordSchema } from '../../src/commands/schema.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { KernelEvent } from '../../src/model/kernel-event.js';
import { MS, SECOND } from '../../src/model/time.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import { needsRoot } from './lab-probing.js';
import { counted, PYTHON, startWorker, type Told, theOnly, traceSyscalls } from './syscalls-run.js';

/** Traces a worker from before its work to its end. */
async function traceWorker(args: readonly string[], body: string): Promise<Told & { printed: string }> {
  const worker = await startWorker(body);
  try {
    const tracing = traceSyscalls(['-p', String(worker.pid), ...args]);
    await tracing.started;
    const printed = await worker.work();
    tracing.stop();
    return { ...(await tracing.ended), printed };
  } finally {
    worker.end();
  }
}

suite('rxray trace syscalls', { ...needsRoot, timeout: 240_000 }, () => {
  test('counts a prime number of calls, and the errors among them, exactly', async () => {
    const body = [
      'for i in range(10007): os.getppid()',
      'for i in range(101):',
      '  try: os.close(9999)',
      '  except OSError: pass',
    ].join('\n');
    const told = await traceWorker(['--summary'], body);
    assert.equal(told.status, 0, told.err);
    assert.equal(counted(told, 'getppid').count, 10_007);
    assert.equal(counted(told, 'getppid').errors, 0);
    assert.equal(counted(told, 'close').errors, 101);
    const { events, totals, parked, records, nested } = told.end.lost;
    assert.deepEqual(
      { events, totals, parked, records, nested },
      { events: 0, totals: 0, parked: 0, records: 0, nested: 0 },
    );
    for (const line of told.lines) recordSchema.parse(line);
    const row = theOnly(told.summaries.filter(({ name }) => name === 'getppid'));
    assert.ok(row.p50Ns > 0 && row.p50Ns <= row.p99Ns && row.p99Ns <= row.maxNs, JSON.stringify(row));
  });

  test('traces a command from its first call on, and ends with its exit status', async () => {
    const code = 'import os,sys\nfor i in range(211): os.getppid()\nsys.exit(7)';
    const told = await traceSyscalls(['--summary', '--min', '0', '-e', 'getppid,openat', '--', PYTHON, '-c', code])
      .ended;
    assert.equal(told.status, 7, told.err);
    assert.equal(counted(told, 'getppid').count, 211);
    assert.equal(told.calls.filter(({ name }) => name === 'getppid').length, 211);
    const opened = told.calls.find(({ name, path }) => name === 'openat' && path?.endsWith('/libc.so.6') === true);
    assert.match(opened?.arguments.map(({ text }) => text).join(' ') ?? '', /^AT_FDCWD "\/.*" O_RDONLY\|O_CLOEXEC$/);
  });

  for (const exact of [true, false]) {
    test(`tells calls of --min and longer, none below, ${exact ? 'with --exact' : 'also where ticks tell the short ones'}`, async () => {
      // Each prints how long it took from outside, which is never less than inside.
      const body = [
        'took = []',
        'random = os.open("/dev/urandom", os.O_RDONLY)',
        'def timed(call):',
        '  began = time.monotonic_ns(); call(); took.append(time.monotonic_ns() - began)',
        'for i in range(5): timed(lambda: time.sleep(0.02))',
        'for i in range(3): timed(lambda: time.sleep(0.13))',
        'size = 1 << 20',
        'while size < 1 << 25:',
        '  timed(lambda: os.read(random, size))',
        '  if took[-1] > 150e6: break',
        '  size *= 2',
        'print(json.dumps(took))',
      ].join('\n');
      const told = await traceWorker(
        ['--min', '110ms', '-e', 'clock_nanosleep,read', ...(exact ? ['--exact'] : [])],
        body,
      );
      const took = JSON.parse(told.printed) as number[];
      const calls = told.calls.filter(({ inFlight }) => !inFlight);
      assert.ok(calls.every(({ durationNs }) => durationNs >= 110 * MS));
      const sleeps = calls.filter(({ name }) => name === 'clock_nanosleep').length;
      assert.ok(sleeps >= 3, `${sleeps} of 3 long sleeps told`);
      const possible = took.filter((ns) => ns >= 110 * MS).length;
      assert.ok(calls.length <= possible, `${calls.length} told, ${possible} took so long`);
      // The interpreter's own work around a call is far less than this.
      const certain = took.filter((ns) => ns >= 150 * MS).length;
      assert.ok(calls.length >= Math.max(3, certain - 1), `${calls.length} told, ${certain} took far longer`);
    });
  }

  test('splits a sleep into sleeping and a busy call into running', async () => {
    const body = ['random = os.open("/dev/urandom", os.O_RDONLY)', 'time.sleep(0.2)', 'os.read(random, 1 << 24)'].join(
      '\n',
    );
    const told = await traceWorker(['--min', '5ms', '-e', 'clock_nanosleep,read'], body);
    const nap = theOnly(told.calls.filter(({ name }) => name === 'clock_nanosleep'));
    assert.ok((nap.sleepingNs ?? 0) >= 195 * MS, JSON.stringify(nap));
    assert.ok((nap.runningNs ?? 0) <= 5 * MS, JSON.stringify(nap));
    const busy = theOnly(told.calls.filter(({ file }) => file === '/dev/urandom'));
    // Others may take the CPU away, but it never sleeps.
    assert.ok((busy.runningNs ?? 0) > 0 && busy.sleepingNs === 0, JSON.stringify(busy));
    assert.equal((busy.runningNs ?? 0) + (busy.waitingNs ?? 0), busy.durationNs);
    assert.equal(busy.fileSystem, 'devtmpfs');
  });

  test('shows calls that have not returned when it ends', async () => {
    const worker = await startWorker('time.sleep(60)');
    try {
      const tracing = traceSyscalls(['-p', String(worker.pid), '--min', '100ms', '-d', '1s']);
      await tracing.started;
      void worker.work();
      const told = await tracing.ended;
      const nap = theOnly(told.calls.filter(({ inFlight }) => inFlight));
      assert.equal(nap.name, 'clock_nanosleep');
      assert.ok(nap.durationNs > 100 * MS && nap.durationNs < 3 * SECOND, JSON.stringify(nap));
      assert.ok((nap.sleepingNs ?? 0) > nap.durationNs / 2);
      assert.equal(nap.result, undefined);
      assert.equal(nap.arguments.length, 4);
    } finally {
      worker.end();
    }
  });

  test('counts what found no room in a ring that is too small', async () => {
    const told = await traceWorker(
      ['--min', '0', '-e', 'getppid', '--ring', '0.00390625'],
      'for i in range(5003): os.getppid()',
    );
    const { events, records } = told.end.lost;
    assert.ok(events > 0, 'a ring of 4 KiB holds all');
    assert.equal(told.calls.length + events + records, 5003);
    assert.equal(told.end.calls, 5003);
  });

  test('names the file of a process that has ended in between, and counts it', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8; do head -c 1 /etc/passwd; done >/dev/null';
    const told = await traceSyscalls(['--min', '0', '-e', 'read', '--', 'sh', '-c', script]).ended;
    const reads = told.calls.filter(({ file }) => file?.endsWith('/passwd') === true);
    assert.equal(reads.length, 8);
    const late = reads.filter(({ fileBelowMount }) => fileBelowMount === true);
    assert.ok(late.length > 0, 'every process was still there');
    assert.ok(told.end.lost.gone >= late.length);
  });

  test('calls through the 32-bit interface are never taken for 64-bit ones', async (t) => {
    if (process.arch !== 'x64') return t.skip('int 0x80 is of x86');
    const source = [
      '#include <unistd.h>',
      '#include <sys/syscall.h>',
      // Number 64 is getppid there, and semget here.
      'int main(void) { long r; for (int i = 0; i < 17; i++) __asm__ volatile("int $0x80" : "=a"(r) : "a"(64L) : "memory");',
      'for (int i = 0; i < 19; i++) syscall(SYS_getppid); return 0; }',
    ].join('\n');
    const folder = mkdtempSync(join(tmpdir(), 'rxray-'));
    try {
      execFileSync('cc', ['-x', 'c', '-o', join(folder, 'compat'), '-'], { input: source });
      const told = await traceSyscalls(['--summary', '--min', '0', '--', join(folder, 'compat')]).ended;
      assert.equal(counted(told, 'getppid (32-bit)').count, 17);
      assert.equal(counted(told, 'getppid').count, 19);
      assert.equal(counted(told, 'semget').count, 0);
      assert.equal(told.calls.filter(({ name }) => name === 'getppid (32-bit)').length, 17);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the raw_tp twin counts the same', async () => {
    const worker = await startWorker('for i in range(1009): os.getppid()');
    try {
      const tracer = spawn(findHelper('rxray-tracer'), [], { stdio: ['pipe', 'pipe', 'inherit'] });
      const decoder = new FrameDecoder();
      const events: EngineEvent[] = [];
      const hello = new Promise<void>((resolve) => {
        tracer.stdout.on('data', (chunk: Buffer) => {
          events.push(...decoder.push(chunk));
          if (kernelEvents(events).some(({ kind }) => kind === 'hello')) resolve();
        });
      });
      tracer.stdin.write(
        `rxray-plan 1\nhooks raw_tp\ntrace syscalls min-ns=0 summary=1 calls=getppid pid=${worker.pid}\nrun\n`,
      );
      await hello;
      await worker.work();
      tracer.stdin.end();
      await once(tracer, 'close');
      const told = kernelEvents(events);
      const [first] = told.flatMap((event) => (event.kind === 'hello' ? event.hello.questions : []));
      assert.equal(first?.flavour, 'raw_tp');
      assert.deepEqual(
        told.flatMap((event) => (event.kind === 'syscall-totals' ? [event.totals.count] : [])),
        [1009],
      );
      assert.equal(told.filter(({ kind }) => kind === 'syscall').length, 1009);
    } finally {
      worker.end();
    }
  });

  test('tells kernel and user stacks, and the perf command for programs without frame pointers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-'));
    const source = [
      '#include <unistd.h>',
      'static long call(long n, void *a) { long r; __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(0L) : "rcx", "r11", "memory"); return r; }',
      '__attribute__((noinline)) long inner_nap(void) { long t[2] = {0, 30000000}; long r = call(35, t); __asm__ volatile("" ::: "memory"); return r; }',
      '__attribute__((noinline)) long outer_nap(void) { long r = inner_nap(); __asm__ volatile("" ::: "memory"); return r + 1; }',
      // While it naps again, the first nap is looked up.
      'int main(void) { long r = outer_nap(); return (int)(r + outer_nap()) - 2; }',
    ].join('\n');
    try {
      execFileSync('cc', ['-O1', '-fno-omit-frame-pointer', '-x', 'c', '-o', join(folder, 'nap'), '-'], {
        input: source,
      });
      for (const way of [['--exact'], []]) {
        const told = await traceSyscalls(['--min', '20ms', '--stacks', ...way, '--', join(folder, 'nap')]).ended;
        const [nap] = told.calls.filter(({ name }) => name === 'nanosleep');
        assert.ok(nap, `the nap was not told ${way}`);
        assert.equal(nap.sampled, way.length === 0 ? true : undefined, 'no hook on calls but by word');
        assert.ok(nap.kernelStack?.includes('hrtimer_nanosleep'), JSON.stringify(nap.kernelStack));
        assert.ok(!nap.kernelStack?.some((frame) => frame.startsWith('bpf_')), JSON.stringify(nap.kernelStack));
        assert.deepEqual(nap.userStack?.slice(0, 3), ['inner_nap (nap)', 'outer_nap (nap)', 'main (nap)']);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function kernelEvents(events: readonly EngineEvent[]): KernelEvent[] {
  return events.flatMap((event) => (event.kind === 'kernel' ? [event.event] : []));
}
