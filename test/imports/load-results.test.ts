import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Stall } from '../../src/model/finding.js';
import type { Summary } from '../../src/model/summary.js';
import { MS, SECOND } from '../../src/model/time.js';
import { seeded } from '../detect/build-stream.js';
import { imported, refusal } from './import-io.js';

const folder = mkdtempSync(join(tmpdir(), 'rxray-results-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

interface Asked {
  /** Since 2026-11-22 04:00:00 UTC. */
  readonly startMs: number;
  readonly tookMs: number;
  readonly status: number;
}

const BASE_MS = Date.UTC(2026, 10, 22, 4);
const STALL_MS = 200;

/** A request every 10 ms for 10 s to a server that answers in 3 ms and stands still for 200 ms once a second. */
const ASKED: readonly Asked[] = Array.from({ length: 1_000 }, (_, i) => {
  const startMs = i * 10;
  const inSecond = startMs % 1_000;
  const isHeld = startMs > 1_000 && inSecond >= 500 && inSecond < 500 + STALL_MS;
  return { startMs, tookMs: 3 + (isHeld ? 500 + STALL_MS - inSecond : 0), status: i === 700 ? 503 : 200 };
});
const STALLS = 9;

const iso = (ms: number): string => new Date(BASE_MS + ms).toISOString();
const url = 'http://10.0.0.7:8080/x';
const seconds = (ms: number): string => ((BASE_MS + ms) / 1_000).toFixed(3);
const clf = (ms: number): string => {
  const [, , day, month, year, clock] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(BASE_MS + ms).toUTCString()) ?? [];
  return `[${day}/${month}/${year}:${clock} +0000]`;
};
/** Proxies and k6 write a line when a request is over. */
const byEnd = [...ASKED].sort((a, b) => a.startMs + a.tookMs - b.startMs - b.tookMs);
const end = ({ startMs, tookMs }: Asked): number => startMs + tookMs;

const FORMATS: readonly (readonly [name: string, lines: readonly string[], toMs: number])[] = [
  [
    'vegeta as JSON',
    ASKED.map(({ startMs, tookMs, status }, seq) =>
      JSON.stringify({
        attack: '',
        seq,
        code: status,
        timestamp: iso(startMs),
        latency: tookMs * MS,
        bytes_out: 0,
        bytes_in: 5,
        error: '',
        body: null,
        method: 'GET',
        url,
        headers: null,
      }),
    ),
    0.01,
  ],
  [
    'vegeta as CSV',
    ASKED.map(
      ({ startMs, tookMs, status }, seq) =>
        `${BigInt(BASE_MS + startMs) * 1_000_000n},${status},${tookMs * MS},0,5,"",aGVsbG8=,,${seq},GET,${url},`,
    ),
    0.01,
  ],
  [
    'k6 as JSON',
    byEnd.flatMap((asked) => {
      const point = (metric: string, value: number): string =>
        JSON.stringify({
          metric,
          type: 'Point',
          data: { time: iso(end(asked)), value, tags: { url, method: 'GET', status: String(asked.status) } },
        });
      return [
        point('http_reqs', 1),
        point('http_req_duration', asked.tookMs),
        point('http_req_waiting', asked.tookMs - 0.5),
        point('http_req_receiving', 0.5),
      ];
    }),
    0.01,
  ],
  [
    'k6 as CSV in microseconds',
    [
      'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata',
      ...byEnd.map(
        (asked) =>
          `http_req_duration,${(BASE_MS + end(asked)) * 1000},${asked.tookMs.toFixed(6)},,,,true,,GET,${url},HTTP/1.1,default,,${asked.status},,,${url},,`,
      ),
    ],
    0.01,
  ],
  [
    'oha as CSV',
    [
      'request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status',
      ...ASKED.map(
        ({ startMs, tookMs, status }) =>
          `${startMs / 1000},0.0001,0.0005,${(tookMs - 0.1) / 1000},${tookMs / 1000},5,${status}`,
      ),
    ],
    0.01,
  ],
  [
    'nginx with $msec and $request_time',
    byEnd.map(
      (asked) =>
        `10.0.0.9 - - ${clf(end(asked))} "GET /x HTTP/1.1" ${asked.status} 5 "-" "curl/8.0" ${seconds(end(asked))} ${(asked.tookMs / 1000).toFixed(3)}`,
    ),
    1,
  ],
  [
    'nginx as JSON',
    byEnd.map((asked) =>
      JSON.stringify({
        msec: seconds(end(asked)),
        request: 'GET /x HTTP/1.1',
        status: asked.status,
        request_time: (asked.tookMs / 1000).toFixed(3),
      }),
    ),
    1,
  ],
  [
    'nginx as JSON, its time as log shippers want it',
    byEnd.map((asked) =>
      JSON.stringify({
        '@timestamp': iso(end(asked)).replace('Z', '+00:00'),
        status: String(asked.status),
        request_time: (asked.tookMs / 1000).toFixed(3),
      }),
    ),
    1,
  ],
  [
    'Envoy',
    byEnd.map(
      ({ startMs, tookMs, status }) =>
        `[${iso(startMs)}] "GET /x HTTP/1.1" ${status} - 0 5 ${tookMs} ${tookMs} "-" "curl/8.0" "0b0b" "shop.example" "10.0.0.7:8080"`,
    ),
    1,
  ],
  [
    'Envoy of Istio',
    byEnd.map(
      ({ startMs, tookMs, status }) =>
        `[${iso(startMs)}] "GET /x HTTP/1.1" ${status} - via_upstream - "-" 0 5 ${tookMs} ${tookMs} "-" "curl/8.0" "0b0b" "shop.example" "10.0.0.7:8080" inbound|8080|| 127.0.0.6:1 10.0.0.7:8080 10.0.0.9:2 - default`,
    ),
    1,
  ],
  [
    'Traefik as JSON',
    byEnd.map(({ startMs, tookMs, status }) =>
      JSON.stringify({
        ClientAddr: '10.0.0.9:1',
        DownstreamStatus: status,
        Duration: tookMs * MS,
        ServiceAddr: '10.0.0.7:8080',
        StartUTC: iso(startMs),
        level: 'info',
        time: iso(end({ startMs, tookMs, status })),
      }),
    ),
    0.01,
  ],
];

suite('what load tests and proxies recorded', () => {
  for (const [name, lines, toMs] of FORMATS) {
    test(`${name}: the stalls of the server, each with its release, and their period`, async () => {
      const { records, err } = await imported({ files: [file(name.replaceAll(' ', '-'), lines)] });
      const stalls = records('finding').filter(({ kind }) => kind === 'stall') as unknown as Stall[];
      assert.equal(stalls.length, STALLS, err);
      const { epochNs } = records('run')[0] as { epochNs: string };
      for (const [i, { release, probes, durationNs }] of stalls.entries()) {
        const sinceBaseMs =
          epochNs === '0' ? release / MS : Number(BigInt(epochNs) / 1_000n) / 1_000 - BASE_MS + release / MS;
        assert.ok(Math.abs(sinceBaseMs - ((i + 1) * 1_000 + 703)) <= 4 + toMs, `released at ${sinceBaseMs}`);
        assert.ok(probes >= 18 && Math.abs(durationNs - STALL_MS * MS) <= 12 * MS, `${probes} probes, ${durationNs}`);
      }
      const [summary] = records('summary') as unknown as Summary[];
      assert.ok(Math.abs((summary?.stallPeriodNs ?? 0) - SECOND) <= 15 * MS, String(summary?.stallPeriodNs));
      assert.equal(summary?.received, 1_000);
      assert.deepEqual(summary?.requests?.statuses, [
        { status: 200, requests: 999 },
        { status: 503, requests: 1 },
      ]);
    });
  }

  // 50 requests a second, each slow by itself: a heavy tail of 4 ms upwards, and nobody waits for anybody.
  const apart = (): Asked[] => {
    const random = seeded(7);
    let startMs = 0;
    const asked = Array.from({ length: 3_000 }, () => {
      startMs += Math.ceil(-20 * Math.log(1 - random()));
      return { startMs, tookMs: Math.ceil(Math.min(20_000, 4 / (1 - random()) ** (1 / 1.1))), status: 200 };
    });
    return asked.sort((a, b) => end(a) - end(b));
  };
  const COARSE: readonly (readonly [name: string, lines: (asked: readonly Asked[]) => string[]])[] = [
    [
      'a log of nginx',
      (asked) =>
        asked.map(
          (one) =>
            `10.0.0.9 - - ${clf(end(one))} "GET /x HTTP/1.1" ${one.status} 5 "-" "curl/8.0" "-" ${(one.tookMs / 1000).toFixed(3)}`,
        ),
    ],
    [
      'a log of nginx as JSON',
      (asked) =>
        asked.map((one) =>
          JSON.stringify({
            time_local: clf(end(one)).slice(1, -1),
            status: one.status,
            request_time: (one.tookMs / 1000).toFixed(3),
          }),
        ),
    ],
    [
      'a CSV of k6',
      (asked) => [
        'metric_name,timestamp,metric_value,status,url',
        ...asked.map(
          (one) => `http_req_duration,${Math.floor((BASE_MS + end(one)) / 1000)},${one.tookMs},${one.status},${url}`,
        ),
      ],
    ],
    [
      'a log of Traefik',
      (asked) =>
        asked.map(
          ({ startMs, tookMs, status }, i) =>
            `10.0.0.9 - - ${clf(startMs)} "GET /x HTTP/1.1" ${status} 5 "-" "-" ${i} "web@file" "http://10.0.0.7:8080" ${tookMs}ms`,
        ),
    ],
  ];
  for (const [name, lines] of COARSE)
    for (const [kind, asked] of [
      ['slow each by itself', apart()],
      ['held together', byEnd],
    ] as const)
      test(`${name} in whole seconds, ${kind}: slow ones are told, and nothing that rounding made`, async () => {
        const { records } = await imported({ files: [file('coarse.log', lines(asked))] });
        const kinds = records('finding').map((finding) => (finding as unknown as { kind: string }).kind);
        assert.ok(kinds.length > 20, String(kinds.length));
        assert.deepEqual([...new Set(kinds)], ['rtt-spike']);
      });

  test('an hour in which nobody asked, or by which the clock stepped, hides no stall', async () => {
    for (const stepMs of [3_600_000, -3_600_000]) {
      const later = (asked: Asked, i: number): number => end(asked) + (i > 500 ? stepMs : 0);
      const lines = byEnd.map(
        (asked, i) =>
          `10.0.0.9 - - ${clf(later(asked, i))} "GET /x HTTP/1.1" 200 5 "-" "curl/8.0" ${seconds(later(asked, i))} ${(asked.tookMs / 1000).toFixed(3)}`,
      );
      const { records } = await imported({ files: [file('step.log', lines)] });
      const kinds = records('finding').map((finding) => (finding as unknown as { kind: string }).kind);
      assert.deepEqual(
        kinds,
        Array.from({ length: STALLS }, () => 'stall'),
        String(stepMs),
      );
    }
  });

  test('the log of ingress-nginx, each of its upstreams', async () => {
    const lines = byEnd.map(
      (asked, i) =>
        `10.0.0.9 - - ${clf(end(asked))} "GET /x HTTP/1.1" ${asked.status} 5 "-" "curl/8.0" 84 ${(asked.tookMs / 1000).toFixed(3)} [default-web-80] [] ${i % 4 === 0 ? '10.0.0.6:80, 10.0.0.7:80 0, 5 0.000, 0.003 502, 200' : '10.0.0.8:80 5 0.003 200'} 5f1c`,
    );
    const { records } = await imported({ files: [file('ingress.log', lines)] });
    const summaries = records('summary') as unknown as Summary[];
    assert.deepEqual(
      summaries.map(({ path, received }) => [path, received]),
      [
        ['local>10.0.0.8:80/http', 750],
        ['local>10.0.0.7:80/http', 250],
      ],
    );
  });

  test('more servers than are told apart take no longer', async () => {
    const lines = Array.from(
      { length: 40_000 },
      (_, i) => `[${iso(i)}] "GET /x HTTP/1.1" 200 - 0 5 3 3 "-" "curl" "id" "web" "10.0.${i % 40}.${i % 250}:80"`,
    );
    const beganMs = process.cpuUsage().user / 1000;
    const { records } = await imported({ files: [file('many.log', lines)] });
    assert.ok(process.cpuUsage().user / 1000 - beganMs < 8_000);
    const summaries = records('summary') as unknown as Summary[];
    assert.equal(summaries.length, 33);
    assert.equal(
      summaries.reduce((sum, { received }) => sum + received, 0),
      40_000,
    );
  });

  test('whole seconds show what was slow, and say what they cannot show', async () => {
    const lines = byEnd.map(
      (asked) =>
        `10.0.0.9 - - ${clf(end(asked))} "GET /x HTTP/1.1" ${asked.status} 5 "-" "curl/8.0" "-" ${(asked.tookMs / 1000).toFixed(3)}`,
    );
    const { records } = await imported({ files: [file('seconds.log', lines)] });
    const [quality] = records('quality') as { notes?: string[] }[];
    assert.match((quality?.notes ?? []).join('\n'), /whole seconds/);
    const [summary] = records('summary') as unknown as Summary[];
    assert.equal(summary?.received, 1_000);
  });

  test('Traefik in its own format has whole seconds and milliseconds of duration', async () => {
    const lines = byEnd.map(
      ({ startMs, tookMs, status }, i) =>
        `10.0.0.9 - - ${clf(startMs)} "GET /x HTTP/1.1" ${status} 5 "-" "-" ${i} "web@file" "http://10.0.0.7:8080" ${tookMs}ms`,
    );
    const { records } = await imported({ files: [file('traefik.log', lines)] });
    const [run] = records('run') as { paths: { path: string }[] }[];
    assert.equal(run?.paths[0]?.path, 'local>10.0.0.7:8080/http');
  });

  test('servers are told apart, and failures are no answers', async () => {
    const lines = ASKED.slice(0, 100).map(({ startMs, tookMs }, seq) =>
      JSON.stringify({
        attack: '',
        seq,
        code: seq % 10 === 0 ? 0 : 200,
        timestamp: iso(startMs),
        latency: tookMs * MS,
        bytes_out: 0,
        bytes_in: 0,
        error: seq % 10 === 0 ? 'dial tcp: connection refused' : '',
        body: null,
        method: 'GET',
        url: seq % 2 === 0 ? 'http://a.example/' : 'http://b.example/',
        headers: null,
      }),
    );
    const { records } = await imported({ files: [file('two.json', lines)] });
    const summaries = records('summary') as unknown as Summary[];
    assert.deepEqual(
      summaries.map(({ path, received, errors }) => [path, received, errors]),
      [
        ['local>a.example/http', 40, 10],
        ['local>b.example/http', 50, 0],
      ],
    );
    assert.deepEqual(summaries[0]?.requests?.failures, [
      { phase: 'first-byte', failure: 'dial tcp: connection refused', requests: 10 },
    ]);
  });

  const REPORTS: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'autocannon',
      ['{"url":"http://10.0.0.7","latency":{"average":3.1,"p50":3,"p97_5":180,"p99":201,"max":204},"requests":{}}'],
      /p50 3 ms, p99 201 ms/,
    ],
    [
      'oha',
      ['{', '  "summary": { "slowest": 0.21 },', '  "latencyPercentiles": { "p50": 0.003, "p99": 0.2 }', '}'],
      /p50 0\.003 s, p99 0\.2 s/,
    ],
    [
      'wrk2',
      [
        'Running 10s test @ http://10.0.0.7:8080/',
        '  2 threads and 10 connections',
        '  Latency Distribution (HdrHistogram - Recorded Latency)',
        ' 50.000%    3.10ms',
        ' 99.000%  201.00ms',
        'Requests/sec:    100.00',
      ],
      /a report of wrk or wrk2: .*50\.000% 3\.10ms; 99\.000% 201\.00ms/,
    ],
    [
      'hey',
      [
        'Summary:',
        '  Slowest:\t0.2048 secs',
        '  Requests/sec:\t19408.1',
        'Latency distribution:',
        '  50% in 0.0011 secs',
      ],
      /a report of hey or oha: .*Slowest: 0\.2048 secs; 50% in 0\.0011 secs/,
    ],
    [
      'vegeta in its own encoding',
      [
        '\u007f\u0003\u0001\u0001\u0006Result\u0001\u0001\u000c\u0001\u0006Attack\u0001\u000c\u0000\u0001\u0003Seq\u0001\u0006\u0000\u0001\u0004Code\u0001\u0006\u0000',
      ],
      /vegeta in its own encoding/,
    ],
  ];
  for (const [name, lines, says] of REPORTS) {
    test(`a report of ${name} has no single requests: refused with its own numbers`, async () => {
      const path = file(`${name}.report`, lines);
      assert.equal(await refusal({ files: [path] }), 'E_IMPORT_NO_PROBES');
      await assert.rejects(() => imported({ files: [path] }), says);
    });
  }
});
