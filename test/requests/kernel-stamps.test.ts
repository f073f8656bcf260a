import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../src/model/finding.js';
import type { RunRecord, SampleRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { MS } from '../../src/model/time.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { records, rxray, startRxray, startRxrayIn } from '../e2e/rxray.js';
import { serve, serveTls } from './asked-server.js';

const THINKS_MS = 150;
const STOPPED_MS = 400;
const ASK = ['probe', '--json', '--requests-alone', '--insecure', '--rate', '5', '-c', '3'] as const;
/** Timers come up to a millisecond early, as they count. */
const EARLY_NS = 2 * MS;

const answered = (out: string): SampleRecord[] =>
  records<SampleRecord>(out, 'sample').filter(({ outcome }) => outcome === 'reply');

/** The process that sends the requests of a run. */
function requestProberOf(run: number | undefined): number {
  const found = readdirSync('/proc').find((pid) => {
    try {
      const isChild = new RegExp(`^PPid:\\s+${run}$`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('request/main.js');
    } catch {
      return false; // No process, or one that has ended meanwhile.
    }
  });
  assert.ok(found !== undefined, 'a prober that sends requests');
  return Number(found);
}

/** Answers while the prober of a run stands still. @returns when it goes on, in ms of CLOCK_REALTIME */
async function answerBehindItsBack(run: number | undefined, response: ServerResponse): Promise<number> {
  const prober = requestProberOf(run);
  process.kill(prober, 'SIGSTOP');
  response.end('behind its back');
  await sleep(STOPPED_MS);
  const goesOnMs = Date.now();
  process.kill(prober, 'SIGCONT');
  return goesOnMs;
}

suite('answers have the stamps of their segments', { ...needsRoot }, () => {
  for (const more of [[], ['--keep-alive']])
    test(`${['over TCP and TLS', ...more].join(' ')}: what comes before the head is no first byte`, async (t) => {
      const plain = await serve(t, (_, response) => setTimeout(() => response.end('hello'), THINKS_MS));
      // It sends its session tickets as soon as the handshake is over, long before it answers.
      const secure = await serveTls(t, async () => {
        await sleep(THINKS_MS);
        return 'hello';
      });
      const urls = [`http://127.0.0.1:${plain}/`, `https://127.0.0.1:${secure}/`];
      // However long a machine with other work takes.
      const patient = ['--wait', '20s'];
      const { out, err } = await rxray(...ASK, ...patient, ...more, ...urls.flatMap((url) => ['--http', url]));
      const samples = answered(out);
      assert.equal(samples.length, 6, err);
      for (const { request, rttNs = 0 } of samples) {
        const { dnsNs = 0, connectNs = 0, tlsNs = 0, firstByteNs = 0, bodyNs = -1, answerStamps } = request ?? {};
        assert.equal(answerStamps, 'kernel');
        assert.ok(firstByteNs >= THINKS_MS * MS - EARLY_NS && bodyNs >= 0, JSON.stringify(request));
        assert.ok(Math.abs(dnsNs + connectNs + tlsNs + firstByteNs + bodyNs - rttNs) <= 1_000, JSON.stringify(request));
      }
      for (const { requests } of records<Summary>(out, 'summary')) assert.equal(requests?.kernelStamped, 3);
    });

  test('an answer that comes while the prober stands still has the instant at which it came', async (t) => {
    let goesOnMs = Promise.resolve(0);
    const port = await serve(t, (_, response) => {
      goesOnMs = answerBehindItsBack(run.child.pid, response);
    });
    const run = startRxray('probe', '--json', '--requests-alone', '--http', `http://127.0.0.1:${port}/`, '-c', '1');
    const { out } = await run.ended;
    const [sample] = answered(out);
    assert.equal(sample?.request?.answerStamps, 'kernel');
    const { sent = Number.NaN, rttNs = Number.NaN } = sample;
    const cameMs = Number(BigInt(records<RunRecord>(out, 'run')[0]?.epochNs ?? 0)) / MS + (sent + rttNs) / MS;
    // However long the server takes to answer: it is read only once the prober goes on.
    assert.ok(
      cameMs < (await goesOnMs) - STOPPED_MS / 2,
      `${rttNs} ns, and it was read ${STOPPED_MS} ms after it came`,
    );
  });

  test('without the helper they have those of the process, which says so, why, and that a wait is its own doing', async (t) => {
    const port = await serve(t, (_, response) => answerBehindItsBack(run.child.pid, response));
    const place = { env: { ...process.env, RXRAY_HELPERS: '/nonexistent' } };
    const url = `http://127.0.0.1:${port}/`;
    const run = startRxrayIn(place, ...ASK, '--http', url, '--threshold', '100');
    const { out, err } = await run.ended;
    const [{ limits = [] } = {}] = records<RunRecord>(out, 'run');
    assert.match(limits.join(), /user-space clock readings.*no rxray-prober in \/nonexistent/, err);
    for (const { request, rttNs = 0 } of answered(out))
      assert.ok(request?.answerStamps === undefined && rttNs > (STOPPED_MS * MS) / 2, `${rttNs} ns`);
    const findings = records<Finding>(out, 'finding');
    assert.ok(findings.length > 0 && findings.every(({ selfInflicted }) => selfInflicted), JSON.stringify(findings));
  });
});
