import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTracer } from '../../src/kernel/tracer.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { FarHost, farHostMissing } from './far-host.js';

const PRIME = 23;
const run = promisify(execFile);

test('the tracer runs over ssh, keeps to the far network namespace, and ends with its session', {
  skip: farHostMissing(),
  timeout: 60_000,
}, async () => {
  const far = new FarHost('tracer');
  const transport = sshTransport('root', { configFile: far.configFile });
  try {
    await far.start();
    const trace = startTracer(transport, { questions: [{ question: 'rx', icmpIds: [0], synPorts: [] }] });
    const seqs: number[] = [];
    let end = '';
    for await (const event of trace.events) {
      if (event.kind === 'end') end = event.reason;
      if (event.kind !== 'kernel') continue;
      if (event.event.kind === 'rx-packet') seqs.push(event.event.packet.seq);
      if (event.event.kind === 'hello') {
        const words = `netns exec ${far.namespace} ping -q -n -i 0.01 -c ${PRIME} 127.0.0.1`;
        void run('ip', words.split(' ')).then(() => trace.stop());
      }
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: PRIME }, (_, index) => index + 1),
    );
    assert.equal(end, 'stdin-closed');
  } finally {
    await transport.close?.();
    await far.stop();
  }
});
