import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { needsRoot } from './lab-probing.js';
import { counted, PYTHON, startWorker, type Told, traceSyscalls } from './syscalls-run.js';

const NOTHING_LOST = { events: 0, totals: 0, parked: 0, nested: 0 };
/** For the calls of threads: `exit` of one thread is 60 on x86-64, 93 on arm64. */
const EXIT_THREAD = `ctypes.CDLL(None).syscall(${process.arch === 'arm64' ? 93 : 60}, 0)`;

suite('rxray trace syscalls counts every call, whatever becomes of its thread', {
  ...needsRoot,
  timeout: 240_000,
}, () => {
  test('while other processes begin, execute and end all the time on its CPUs', async () => {
    const busy = ['0', '1'].map(() => spawn('sh', ['-c', 'while :; do /bin/true; done'], { stdio: 'ignore' }));
    try {
      const body = 'import select\nfor i in range(2003): time.sleep(0.0001); select.select([], [], [], 0.0001)';
      const told = await summaryOf(body);
      assert.deepEqual([waitsOf(told), lostOf(told)], [4006, NOTHING_LOST]);
    } finally {
      for (const child of busy) child.kill('SIGKILL');
      await Promise.all(busy.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
    }
  });

  test('after the first thread of a process has ended', async () => {
    const rest = 'time.sleep(0.2); [os.getppid() for i in range(503)]; os._exit(0)';
    const body = `import ctypes, threading\ndef rest():\n  ${rest}\nthreading.Thread(target=rest).start()\n${EXIT_THREAD}`;
    const told = await summaryOf(body);
    assert.deepEqual([counted(told, 'getppid').count, lostOf(told)], [503, NOTHING_LOST]);
  });

  test('when a thread that is not the first executes another program', async () => {
    const other = `["${PYTHON}", "-Sc", "import os, time\\nfor i in range(307): time.sleep(0.0001); os.getppid()"]`;
    const body = `import threading\nt = threading.Thread(target=lambda: os.execv("${PYTHON}", ${other}))\nt.start(); t.join()`;
    const told = await summaryOf(body);
    assert.deepEqual(
      [counted(told, 'getppid').count, waitsOf(told), counted(told, 'execve').count, lostOf(told)],
      [307, 307, 1, NOTHING_LOST],
    );
  });
});

/** What a summary tells of a process with this body, traced from before it works until it has ended. */
async function summaryOf(body: string): Promise<Told> {
  const worker = await startWorker(body);
  try {
    const tracing = traceSyscalls(['--summary', '-p', String(worker.pid)]);
    await tracing.started;
    await worker.work();
    tracing.stop();
    return await tracing.ended;
  } finally {
    worker.end();
  }
}

function waitsOf(told: Told): number {
  return ['clock_nanosleep', 'select', 'pselect6'].reduce((sum, name) => sum + counted(told, name).count, 0);
}

function lostOf({ end }: Told): typeof NOTHING_LOST {
  const { events, totals, parked, nested } = end.lost;
  return { events, totals, parked, nested };
}
