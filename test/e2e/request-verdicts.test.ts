import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { MS } from '../../src/model/time.js';
import { ACCUSATION, verdictPlace } from '../verdicts/expected.js';
import { limitedTo } from '../verdicts/limited-group.js';
import { LabPool, requestTrial, servedVerdict } from '../verdicts/request-trials.js';
import { needsRoot } from './lab-probing.js';
import { rxray } from './rxray.js';

/** Those whose faults take processor time are in quota-verdicts.test.ts. */
const labs = new LabPool(['requests-a', 'requests-b', 'requests-c']);

suite('wire or server, three labs at a time', { ...needsRoot, concurrency: 3, timeout: 400_000 }, () => {
  after(() => labs.down());

  for (const [fault, seed, place] of [
    ['accept-queue', 13, 'accept-queue@node'],
    ['resolver', 14, 'resolver@names'],
    ['resolver-slow', 15, 'resolver@names'],
  ] as const) {
    test(`${fault}: ${place}`, async (t) => {
      const verdict = await labs.with((lab) => requestTrial(t, lab, fault, seed));
      assert.equal(verdictPlace(verdict), place, JSON.stringify(verdict.posterior));
      assert.ok(verdict.probability >= ACCUSATION);
      assert.deepEqual(verdict.indistinguishable, []);
    });
  }

  test('server: server@node, and the system call that it sits in, in its recording too', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-sat-in-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [file, page] = [join(folder, 'run.rxr'), join(folder, 'report.html')];
    const verdict = await labs.with((lab) => requestTrial(t, lab, 'server', 11, ['--record', file]));
    assert.equal(verdictPlace(verdict), 'server@node', JSON.stringify(verdict.posterior));
    assert.ok(verdict.probability >= ACCUSATION);
    assert.deepEqual(verdict.indistinguishable, []);
    const [call, ...others] = verdict.satIn ?? [];
    assert.deepEqual([call?.process, call?.name, others], ['rxray-lab-serve', 'flock', []], JSON.stringify(verdict));
    const { requests = 0, of = 0, longestNs = 0, kernelStack = [] } = call ?? {};
    assert.ok(of >= 2 && requests >= 0.8 * of && longestNs >= 100 * MS, JSON.stringify(call));
    assert.match(kernelStack.join(), /flock/);
    await rxray('report', file, '-o', page);
    assert.match(readFileSync(page, 'utf8'), /rxray-lab-serve\[\d+\] on node sat in flock\(/);
  });

  for (const [fault, seed] of [
    ['network', 16],
    ['loss', 18],
  ] as const) {
    test(`look-alike ${fault}: nobody behind the network is accused`, async (t) => {
      const { cause, probability } = await labs.with((lab) => requestTrial(t, lab, fault, seed));
      assert.doesNotMatch(cause, /server|throttled|accept-queue|resolver/, `${cause} ${probability}`);
    });
  }

  test('a server that stands still and has a queue of one: its queue for sure', async (t) => {
    const program = `const server = require('node:http').createServer((_, response) => response.end('hello'));
      server.listen({ port: 8092, backlog: 1 }, () => {
        console.log('ready');
        const word = new Int32Array(new SharedArrayBuffer(4));
        setInterval(() => Atomics.wait(word, 0, 0, 700), 1500);
      });`;
    const verdict = await labs.with((lab) => servedVerdict(t, lab, { port: 8092, program, atOnce: true, seconds: 20 }));
    // Both are true: the queue is named, and the process with it or as what may stand beside it.
    assert.match(verdictPlace(verdict), /^accept-queue(\+server)?@node$/, JSON.stringify(verdict.posterior));
    const ofQueue = Object.entries(verdict.posterior).filter(([cause]) => cause.includes('accept-queue'));
    const queue = ofQueue.reduce((sum, [, probability]) => sum + probability, 0);
    assert.ok(queue >= ACCUSATION, JSON.stringify(verdict.posterior));
    // What the queue comes of may be unsure, where the machine itself held packets meanwhile: it says so then.
    const says = verdict.quality.notes.some((note) =>
      /not explained by the cause named|ten times as likely/.test(note),
    );
    assert.ok(verdict.probability >= ACCUSATION || says, JSON.stringify(verdict));
    for (const beside of verdict.indistinguishable) assert.match(beside, /^accept-queue\+(server|throttled)$/);
    assert.match(verdict.quality.notes.join('\n'), /overflows of accept queues/);
  });

  test('look-alike of a quota: a server that stands still in a group whose quota is not used up', async (t) => {
    const program = `const word = new Int32Array(new SharedArrayBuffer(4));
      require('node:http').createServer((_, response) => response.end('hello')).listen(8090, () => console.log('ready'));
      setInterval(() => Atomics.wait(word, 0, 0, 200), 1000);`;
    const verdict = await labs.with((lab) =>
      servedVerdict(t, lab, { port: 8090, program, begin: limitedTo(t, lab, 'idle', 2) }),
    );
    assert.equal(verdictPlace(verdict), 'server@node', JSON.stringify(verdict.posterior));
    assert.deepEqual(verdict.indistinguishable, []);
  });

  test('none: a quiet server is not to blame', async (t) => {
    const { cause } = await labs.with((lab) => requestTrial(t, lab, 'none', 19));
    assert.match(cause, /^(healthy|inconclusive)$/);
  });
});
