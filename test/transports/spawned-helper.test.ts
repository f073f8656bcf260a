import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spawnHelper } from '../../src/transports/local/spawned-helper.js';

test('a helper that is stopped is ended all the same, within two seconds', async () => {
  const helper = spawnHelper('sh', ['-c', 'echo ready; kill -STOP $$; sleep 60']);
  for await (const chunk of helper.output) {
    assert.equal(String(chunk), 'ready\n');
    break;
  }
  const began = process.hrtime.bigint();
  helper.terminate();
  const { signal } = await helper.exited;
  assert.equal(signal, 'SIGKILL');
  assert.ok(process.hrtime.bigint() - began < 2_000_000_000n);
});
