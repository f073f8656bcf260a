import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { ACCUSATION, verdictPlace } from '../verdicts/expected.js';
import { limitedTo } from '../verdicts/limited-group.js';
import { LabPool, requestTrial, servedVerdict } from '../verdicts/request-trials.js';
import { needsRoot } from './lab-probing.js';

const labs = new LabPool(['quota']);

suite('slow requests and processor time', { ...needsRoot, timeout: 400_000 }, () => {
  after(() => labs.down());

  test('look-alike rx-queue: nobody behind the network is accused', async (t) => {
    const { cause, probability } = await labs.with((lab) => requestTrial(t, lab, 'rx-queue', 17));
    assert.doesNotMatch(cause, /server|throttled|accept-queue|resolver/, `${cause} ${probability}`);
  });

  // One after the other: a server at its quota takes a CPU while it runs, and another's packets would truly wait for it.
  suite('quotas', { concurrency: false }, () => {
    test('throttled: throttled@node', async (t) => {
      const verdict = await labs.with((lab) => requestTrial(t, lab, 'throttled', 12));
      assert.equal(verdictPlace(verdict), 'throttled@node', JSON.stringify(verdict.posterior));
      assert.ok(verdict.probability >= ACCUSATION);
      assert.deepEqual(verdict.indistinguishable, []);
    });

    test('a server whose work takes more than its quota all the time: throttled, never healthy', async (t) => {
      const program = `require('node:http').createServer((_, response) => {
        const before = process.cpuUsage();
        for (let used = before; used.user + used.system - before.user - before.system < 25_000; used = process.cpuUsage());
        response.end('hello');
      }).listen(8091, () => console.log('ready'))`;
      const verdict = await labs.with((lab) =>
        servedVerdict(t, lab, { port: 8091, program, begin: limitedTo(t, lab, 'busy', 0.2) }),
      );
      assert.equal(verdictPlace(verdict), 'throttled@node', JSON.stringify(verdict.posterior));
    });
  });
});
