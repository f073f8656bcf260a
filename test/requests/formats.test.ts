import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { HELPER } from '../../src/codec/frames.gen.js';
import type { RunRecord } from '../../src/model/records/run.js';
import type { RequestDetail } from '../../src/model/request.js';
import { allocateSamples, Outcomes, type SampleColumns } from '../../src/model/sample.js';
import { createHdrplotReporter } from '../../src/report/probe/hdrplot-reporter.js';
import { createVegetaReporter } from '../../src/report/probe/vegeta-reporter.js';
import { records, rxray } from '../e2e/rxray.js';
import { serve } from './asked-server.js';

const MS = 1e6;

function answered(latenciesMs: readonly number[], change: Partial<RequestDetail> = {}): SampleColumns {
  const samples = allocateSamples(latenciesMs.length);
  const requests = new Map<number, RequestDetail>();
  latenciesMs.forEach((ms, i) => {
    samples.seq[i] = i;
    samples.dueNs[i] = i * 10 * MS;
    samples.sentNs[i] = i * 10 * MS + 0.5 * MS;
    samples.rttNs[i] = (ms - 0.5) * MS;
    requests.set(i, {
      phases: { connect: 0.25 * MS, 'first-byte': (ms - 0.75) * MS },
      reached: 'done',
      status: 200,
      bytes: 17,
      reused: false,
      retried: false,
      ...change,
    });
  });
  return { ...samples, requests };
}

const run = {
  epochNs: '1795310073000000000',
  paths: [
    {
      path: 'local>http://10.0.0.7/x/http',
      protocol: 'http',
      request: { kind: 'http', url: 'http://10.0.0.7/x', method: 'GET', headers: [] },
    },
  ],
} as unknown as RunRecord;

suite('results of requests', () => {
  test('phases survive the frames, each with its own sample', () => {
    const encoder = new FrameEncoder(HELPER.prober);
    const decoder = new FrameDecoder();
    const samples = answered([1, 2, 3], { queries: 4, unanswered: 1, failure: 'ETIMEOUT', retried: true });
    const plain = { ...samples };
    delete (plain as { requests?: unknown }).requests;
    const start = { kind: 'start', epochRealNs: 0n, epochMonoNs: 0n, streamId: 1n } as const;
    const events = [start, { kind: 'samples', samples } as const, { kind: 'samples', samples: plain } as const]
      .map((event) => encoder.encode(event))
      .flatMap((bytes) => decoder.push(bytes));
    const read = events.flatMap((event) => (event.kind === 'samples' ? [event.samples] : []));
    assert.deepEqual(read[0]?.requests, samples.requests);
    assert.equal(read[1]?.requests, undefined);
  });

  test('vegeta: latency and time stamp count from the due instant; a loss that is answered late is told once', () => {
    const reporter = createVegetaReporter();
    reporter.start(run);
    const lost = answered([1000], { reached: 'first-byte' });
    lost.outcome[0] = Outcomes.lost;
    lost.rttNs[0] = -1;
    assert.equal(reporter.samples(lost), '');
    const late = answered([1500]);
    late.outcome[0] = Outcomes.late;
    const [line, ...more] = reporter.samples(late).trim().split('\n');
    assert.deepEqual(more, []);
    const { timestamp, latency, code, bytes_in, error, seq, url } = JSON.parse(line ?? '');
    assert.deepEqual(
      { timestamp, latency, code, bytes_in, error, seq, url },
      {
        timestamp: '2026-11-22T01:14:33.000000000Z',
        latency: 1500 * MS,
        code: 200,
        bytes_in: 17,
        error: '',
        seq: 0,
        url: 'http://10.0.0.7/x',
      },
    );
    assert.equal(reporter.end({ summaries: [], quality: {} as never, durationNs: 0 }), '');
  });

  test('hdrplot: percentiles in ms that end at the maximum, as HdrHistogram prints them', () => {
    const reporter = createHdrplotReporter();
    reporter.start(run);
    reporter.samples(answered([...Array<number>(99).fill(2), 200]));
    const lines = reporter.end({ summaries: [], quality: {} as never, durationNs: 0 }).split('\n');
    assert.match(lines[0] ?? '', /^ +Value +Percentile TotalCount 1\/\(1-Percentile\)$/);
    const rows = lines
      .slice(2)
      .filter((line) => /^ +\d/.test(line))
      .map((line) => line.trim().split(/ +/).map(Number));
    assert.deepEqual(rows.at(-1), [200, 1, 100]);
    assert.ok(
      rows.every(([value = 0], i) => i === 0 || value >= (rows[i - 1]?.[0] ?? 0)),
      'values fall',
    );
    const at = rows.find(([, share = 0]) => share >= 0.975);
    assert.ok(Math.abs((at?.[0] ?? 0) - 2) < 0.01, String(at));
  });

  test('a recording of requests replays to the same records', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-requests-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'run.rxr');
    const port = await serve(t, (_, response) => response.end('hello'));
    const url = `http://127.0.0.1:${port}/`;
    const live = await rxray(
      'probe',
      '--json',
      '--requests-alone',
      '--http',
      url,
      '-c',
      '3',
      '--rate',
      '5',
      '--record',
      file,
    );
    const again = await rxray('replay', file, '--json');
    assert.equal(again.status, 0, again.err);
    for (const type of ['sample', 'summary', 'quality'])
      assert.deepEqual(records(again.out, type), records(live.out, type));
  });
});
