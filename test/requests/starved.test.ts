import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import type { Finding } from '../../src/model/finding.js';
import type { SampleRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { records, startRxray } from '../e2e/rxray.js';
import { certificate } from './asked-server.js';

const WAIT_MS = 300;
const STOPPED_MS = 550;

test('an answer that wants more turns of a process that stood still past the wait is late, not lost', async (t) => {
  const secure = createHttps(certificate(t), (_, response) => response.end('hello'));
  let prober = 0;
  const front = createServer((socket) => {
    // What comes next reaches a process that is stopped; it has to finish the handshake and to ask yet.
    socket.once('data', (clientHello) => {
      prober = proberOf(run.child.pid ?? 0);
      process.kill(prober, 'SIGSTOP');
      setTimeout(() => process.kill(prober, 'SIGCONT'), STOPPED_MS);
      socket.pause();
      socket.unshift(clientHello);
      secure.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    secure.closeAllConnections();
    front.close();
  });
  const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}/`;
  const words = ['probe', '--json', '--requests-alone', '--http', url, '--insecure', '-c', '1', '-W', `${WAIT_MS}ms`];
  const run = startRxray(...words);
  const { out, err } = await run.ended;
  const sample = records<SampleRecord>(out, 'sample').at(-1);
  assert.equal(sample?.outcome, 'late', err + out);
  assert.ok((sample.rttNs ?? 0) >= STOPPED_MS * 1e6 * 0.9, JSON.stringify(sample));
  // It waited in the handshake, and the process itself is why.
  const [finding] = records<Finding>(out, 'finding');
  assert.deepEqual([finding?.request?.phase, finding?.selfInflicted], ['tls', true], JSON.stringify(finding));
  const [{ lost, late } = { lost: -1, late: -1 }] = records<Summary>(out, 'summary');
  assert.deepEqual([lost, late], [0, 1]);
});

/** The process that asks. */
function proberOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  const asking = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('request'));
  assert.ok(asking !== undefined, `no prober of requests among ${children}`);
  return asking;
}
