import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { startTracer } from '../../src/kernel/tracer.js';
import type { KernelEvent } from '../../src/model/kernel-event.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { startWorker } from '../e2e/syscalls-run.js';
import { FarHost, farHostMissing } from './far-host.js';

suite('trace syscalls over ssh', { skip: farHostMissing(), timeout: 60_000 }, () => {
  const far = new FarHost('calls');
  before(() => far.start());
  after(() => far.stop());

  test('counts exactly over there, names what it saw, and leaves nothing behind', async () => {
    const worker = await startWorker('for i in range(1201): os.getppid()\ntime.sleep(0.06)');
    const transport = sshTransport('root', { configFile: far.configFile });
    try {
      const run = startTracer(transport, {
        questions: [
          {
            question: 'syscalls',
            minNs: 50_000_000,
            summary: true,
            pids: [worker.pid],
            calls: { except: false, names: ['getppid', 'clock_nanosleep'] },
          },
        ],
      });
      const told: KernelEvent[] = [];
      for await (const event of run.events) {
        if (event.kind !== 'kernel') continue;
        told.push(event.event);
        if (event.event.kind === 'hello') void worker.work();
        if (event.event.kind === 'syscall') run.stop();
      }
      const counts = told.flatMap((event) => (event.kind === 'syscall-totals' ? [event.totals.count] : []));
      assert.deepEqual(counts.sort(), [1, 1201]);
      const naps = told.flatMap((event) => (event.kind === 'syscall' ? [event.call] : []));
      assert.deepEqual(
        naps.map(({ process, processName, inFlight }) => [process, processName, inFlight]),
        [[worker.pid, 'python3', false]],
      );
    } finally {
      worker.end();
      await transport.close?.();
    }
    assert.deepEqual(await far.cleared(5_000), []);
  });
});
