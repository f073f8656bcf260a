import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SampleRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { records, rxray } from '../e2e/rxray.js';
import { serve, serveTls } from './asked-server.js';

type Requested = SampleRecord & { readonly request: NonNullable<SampleRecord['request']> };

/** Asks without packets beside, which need privilege. */
async function ask(
  ...args: string[]
): Promise<{ status: number | null; err: string; samples: Requested[]; summary: Summary }> {
  const { status, out, err } = await rxray('probe', '--json', '--requests-alone', ...args);
  const [summary] = records<Summary>(out, 'summary');
  assert.ok(summary !== undefined, err);
  return { status, err, samples: records<Requested>(out, 'sample'), summary };
}

/** A clock of user space on a busy machine: the phases add up to the whole to so much. */
const NEAR_NS = 50_000;

suite('probe --http', () => {
  test('a new connection each: the phases add up to the whole, latency counts from the due instant', async (t) => {
    const port = await serve(t, (_, response) => response.end('hello'));
    const { status, samples, summary } = await ask(
      '--http',
      `http://localhost:${port}/x`,
      '-4',
      '-c',
      '5',
      '--rate',
      '5',
    );
    assert.equal(status, 0);
    assert.equal(samples.length, 5);
    for (const { request, rttNs = 0, due, sent, outcome, reply } of samples) {
      assert.deepEqual(
        { outcome, reply, status: request.status, bytes: request.bytes },
        { outcome: 'reply', reply: 'response', status: 200, bytes: 5 },
      );
      const { dnsNs = -1, connectNs = -1, firstByteNs = -1, bodyNs = -1 } = request;
      assert.ok(Math.min(dnsNs, connectNs, firstByteNs, bodyNs) >= 0, JSON.stringify(request));
      assert.ok(Math.abs(dnsNs + connectNs + firstByteNs + bodyNs - rttNs) <= NEAR_NS);
      assert.equal(request.latencyNs, sent - due + rttNs);
      assert.equal(request.tlsNs, undefined);
    }
    assert.deepEqual(
      summary.requests?.phases.map(({ phase }) => phase),
      ['dns', 'connect', 'first-byte', 'body'],
    );
  });

  test('the server sees method, headers, body and host as asked', async (t) => {
    const seen: unknown[] = [];
    const port = await serve(t, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        seen.push([request.method, request.url, request.headers.host, request.headers['x-trace'], body]);
        response.end();
      });
    });
    await ask(
      '--http',
      `http://127.0.0.1:${port}/a?b=1`,
      '--method',
      'PUT',
      '--header',
      'X-Trace: 7',
      '--header',
      'Host: shop.example',
      '--body',
      '{"n":1}',
      '-c',
      '1',
    );
    assert.deepEqual(seen, [['PUT', '/a?b=1', 'shop.example', '7', '{"n":1}']]);
  });

  test('kept connections have no name and no handshake; one that the server closed is opened anew', async (t) => {
    const port = await serve(
      t,
      (_, response) => response.end('kept'),
      (server) => {
        server.keepAliveTimeout = 5_000;
      },
    );
    const { samples, summary } = await ask(
      '--http',
      `http://127.0.0.1:${port}/`,
      '--keep-alive',
      '-c',
      '6',
      '--rate',
      '5',
    );
    assert.deepEqual(
      samples.map(({ request }) => request.reused === true),
      [false, true, true, true, true, true],
    );
    assert.deepEqual(
      Object.keys(samples[1]?.request ?? {})
        .filter((key) => key.endsWith('Ns'))
        .sort(),
      ['bodyNs', 'firstByteNs', 'latencyNs'],
    );
    assert.equal(summary.requests?.reused, 5);
  });

  test('an idle connection that the server has just reset is no failure', async (t) => {
    let answered = 0;
    const port = await serve(t, (request, response) => {
      answered += 1;
      // Every second request finds its connection cut.
      if (answered % 2 === 0) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    const { samples, summary } = await ask(
      '--http',
      `http://127.0.0.1:${port}/`,
      '--keep-alive',
      '-c',
      '4',
      '--rate',
      '5',
    );
    assert.deepEqual(
      samples.map(({ outcome }) => outcome),
      ['reply', 'reply', 'reply', 'reply'],
    );
    assert.ok((summary.requests?.retried ?? 0) >= 1);
  });

  test('a late answer is late, not lost, and no earlier one is waited for', async (t) => {
    let count = 0;
    const port = await serve(t, (_, response) => {
      count += 1;
      if (count === 2) setTimeout(() => response.end('late'), 700);
      else response.end('now');
    });
    const { samples, summary } = await ask(
      '--http',
      `http://127.0.0.1:${port}/`,
      '-c',
      '6',
      '--rate',
      '5',
      '-W',
      '300ms',
      '-d',
      '3s',
    );
    const second = samples.filter(({ seq }) => seq === 1);
    assert.deepEqual(
      second.map(({ outcome }) => outcome),
      ['lost', 'late'],
    );
    assert.equal(second[0]?.request.reached, 'first-byte');
    assert.ok((second[0]?.request.firstByteNs ?? 0) >= 290e6);
    assert.ok((second[1]?.rttNs ?? 0) >= 690e6);
    for (const { seq, rttNs = 0 } of samples)
      if (seq !== 1) assert.ok(rttNs < 300e6, `request ${seq} waited for ${rttNs} ns`);
    assert.deepEqual(
      { late: summary.late, lost: summary.lost, failures: summary.requests?.failures },
      { late: 1, lost: 0, failures: [] },
    );
  });

  test('where all answers are late those at the end of the run are awaited too', async (t) => {
    const port = await serve(t, (_, response) => void setTimeout(() => response.end('late'), 900));
    const { samples, summary } = await ask(
      ...['--http', `http://127.0.0.1:${port}/`, '-c', '8', '--rate', '5', '-W', '400ms'],
    );
    assert.deepEqual([summary.late, summary.lost, summary.inFlight], [8, 0, 0]);
    assert.equal(samples.filter(({ outcome }) => outcome === 'late').length, 8);
  });

  test('a body that is longer than what is read ahead comes whole, over TCP and TLS', async (t) => {
    const body = 'x'.repeat(3_000_000);
    const plain = await serve(t, (_, response) => response.end(body));
    const secure = await serveTls(t, () => body);
    for (const asked of [
      [`http://127.0.0.1:${plain}/`],
      [`http://127.0.0.1:${plain}/`, '--keep-alive'],
      [`https://127.0.0.1:${secure}/`, '--insecure'],
    ]) {
      const { samples } = await ask('--http', ...asked, '-c', '3', '--rate', '5');
      const told = samples.map(({ outcome, request }) => [outcome, request.bytes]);
      assert.deepEqual(told, Array(3).fill(['reply', body.length]), asked.join(' '));
    }
  });

  test('what fails says in which phase, and why', async (t) => {
    const port = await serve(t, (request) => request.socket.resetAndDestroy());
    const cut = await ask('--http', `http://127.0.0.1:${port}/`, '-c', '2', '--rate', '5');
    assert.deepEqual(cut.summary.requests?.failures, [{ phase: 'first-byte', failure: 'ECONNRESET', requests: 2 }]);
    const refused = await ask('--http', 'http://127.0.0.1:9/', '-c', '2', '--rate', '5');
    assert.deepEqual(refused.summary.requests?.failures, [{ phase: 'connect', failure: 'ECONNREFUSED', requests: 2 }]);
    assert.equal(refused.status, 1);
  });

  test('packets beside that are answered are no answer to requests that all fail', needsRoot, async () => {
    const { status, out, err } = await rxray(
      'probe',
      '--json',
      '--http',
      'http://127.0.0.1:9/',
      '-c',
      '3',
      '--rate',
      '5',
    );
    const received = records<Summary>(out, 'summary').map((summary) => [summary.path, summary.received]);
    assert.deepEqual(received, [
      ['local>http://127.0.0.1:9//http', 0],
      ['local>127.0.0.1:9/syn', 3],
    ]);
    assert.deepEqual([status, err.split('\n').at(-2)], [1, 'no reply at all from local>http://127.0.0.1:9//http']);
  });

  test('an answer of 503 is an answer; the status is counted', async (t) => {
    const port = await serve(t, (_, response) => response.writeHead(503).end());
    const { summary } = await ask('--http', `http://127.0.0.1:${port}/`, '-c', '3', '--rate', '5');
    assert.deepEqual(summary.requests?.statuses, [{ status: 503, requests: 3 }]);
    assert.equal(summary.received, 3);
  });

  for (const [http, flags] of [
    ['http/1.1', []],
    ['h2', ['--http2']],
    ['h2', ['--http2', '--keep-alive']],
  ] as const) {
    test(`TLS asks for the name of the URL, at another address: ${[http, ...flags].join(' ')}`, async (t) => {
      const seen: string[] = [];
      const port = await serveTls(t, (path, alpn, name) => {
        seen.push(`${path} ${alpn} ${name}`);
        return 'secret';
      });
      const { samples } = await ask(
        '--http',
        `https://shop.example:${port}/p`,
        '--connect-to',
        '127.0.0.1',
        '--insecure',
        '-c',
        '4',
        '--rate',
        '5',
        ...flags,
      );
      assert.deepEqual(new Set(seen), new Set([`/p ${http} shop.example`]));
      assert.deepEqual(
        samples.map(({ outcome }) => outcome),
        ['reply', 'reply', 'reply', 'reply'],
      );
      assert.ok((samples[0]?.request.tlsNs ?? -1) > 0, JSON.stringify(samples[0]));
      assert.equal(
        samples.at(-1)?.request.tlsNs === undefined,
        flags.some((flag) => flag === '--keep-alive'),
      );
    });
  }

  test('one connection of HTTP/2 carries all requests, also those that come while it is made', async (t) => {
    let sessions = 0;
    const port = await serveTls(
      t,
      () => 'ok',
      (server) => server.on('session', () => (sessions += 1)),
    );
    const { samples, summary } = await ask(
      ...['--http', `https://127.0.0.1:${port}/`, '--insecure', '--http2', '--keep-alive'],
      // The first ten are due before any handshake can be over.
      ...['--rate', '5000', '--max-pps', '5000', '-c', '30'],
    );
    assert.equal(sessions, 1);
    for (const { outcome, request } of samples) {
      assert.equal(outcome, 'reply');
      if (request.reused !== true) assert.ok((request.connectNs ?? 0) + (request.tlsNs ?? 0) > 0);
    }
    assert.equal(summary.received, samples.length);
  });

  test('headers that HTTP/2 cannot have are left out or fail the request: the prober goes on', async (t) => {
    const port = await serveTls(t, () => 'ok');
    const asked = ['--http', `https://127.0.0.1:${port}/`, '--insecure', '--http2', '-c', '2'];
    for (const keep of [[], ['--keep-alive']]) {
      const left = await ask(...asked, ...keep, '--header', 'TE: gzip', '--header', 'Proxy-Connection: close');
      assert.deepEqual([left.status, left.summary.received], [0, 2]);
      const twice = await ask(...asked, ...keep, '--header', 'Content-Type: a', '--header', 'Content-Type: b');
      assert.deepEqual(
        twice.samples.map(({ request }) => request.failure),
        ['ERR_HTTP2_HEADER_SINGLE_VALUE', 'ERR_HTTP2_HEADER_SINGLE_VALUE'],
      );
    }
  });

  for (const keep of [[], ['--keep-alive']])
    test(`a port that refuses is told as such: --http2 ${keep.join(' ')}`, async () => {
      const { samples } = await ask(...['--http', 'https://127.0.0.1:9/', '--http2', '-c', '2'], ...keep);
      assert.deepEqual(
        samples.map(({ reply, request }) => [reply, request.failure]),
        [
          ['rst', 'ECONNREFUSED'],
          ['rst', 'ECONNREFUSED'],
        ],
      );
    });

  test('a server that changes the protocol has answered', async (t) => {
    const port = await serve(
      t,
      () => {},
      (server) =>
        server.on('connection', (socket) =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
        ),
    );
    const { samples } = await ask('--http', `http://127.0.0.1:${port}/`, '-c', '2');
    assert.deepEqual(
      samples.map(({ outcome, request }) => [outcome, request.status]),
      [
        ['reply', 101],
        ['reply', 101],
      ],
    );
  });

  test('what may not be done twice is not sent twice', async (t) => {
    let orders = 0;
    const port = await serve(t, (request, response) => {
      orders += 1;
      if (orders % 2 === 0) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    const { samples, summary } = await ask(
      ...['--http', `http://127.0.0.1:${port}/`, '--keep-alive', '--body', 'order', '-c', '4', '--rate', '5'],
    );
    assert.deepEqual(
      samples.map(({ outcome }) => outcome),
      ['reply', 'error', 'reply', 'error'],
    );
    assert.deepEqual([orders, summary.requests?.retried], [4, 0]);
  });

  test('a certificate that nobody signed fails in the handshake', async (t) => {
    const port = await serveTls(t, () => '');
    const { summary } = await ask('--http', `https://shop.example:${port}/`, '--connect-to', '127.0.0.1', '-c', '1');
    assert.deepEqual(summary.requests?.failures, [
      { phase: 'tls', failure: 'DEPTH_ZERO_SELF_SIGNED_CERT', requests: 1 },
    ]);
  });

  test('ten requests a second to one server are shared by its URLs; more only by word', async (t) => {
    const port = await serve(t, (_, response) => response.end());
    const url = `http://127.0.0.1:${port}`;
    const { out } = await rxray(
      'probe',
      '--json',
      '--requests-alone',
      '--http',
      `${url}/a`,
      '--http',
      `${url}/b`,
      '-c',
      '1',
    );
    const [run] = records<{ paths: { intervalNs: number }[] }>(out, 'run');
    assert.deepEqual(
      run?.paths.map(({ intervalNs }) => intervalNs),
      [200e6, 200e6],
    );
  });

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['no URL', ['--http', 'shop.example'], 'E_URL'],
    ['another scheme', ['--http', 'ftp://shop.example/'], 'E_URL'],
    ['a password in the URL', ['--http', 'http://me:secret@127.0.0.1/'], 'E_URL'],
    ['no header', ['--http', 'http://127.0.0.1/', '--header', 'X'], 'E_HEADER'],
    ['a character HTTP has not', ['--http', 'http://127.0.0.1/', '--header', 'X: ☃'], 'E_HEADER'],
    [
      'a length of no body',
      ['--http', 'http://127.0.0.1/', '--header', 'Content-Length: 9', '--body', 'a'],
      'E_HEADER',
    ],
    ['no method', ['--http', 'http://127.0.0.1/', '--method', 'G T'], 'E_METHOD'],
    ['no rate', ['--http', 'http://127.0.0.1/', '--rate', '0'], 'E_USAGE'],
    ['a header without a URL', ['127.0.0.1:9', '--header', 'A: b'], 'E_USAGE'],
    ['a body that is not there', ['--http', 'http://127.0.0.1/', '--body', '@/nowhere'], 'E_BODY'],
  ];
  for (const [what, args, code] of wrong) {
    test(`wrong use: ${what}`, async () => {
      const { status, err } = await rxray('probe', ...args);
      assert.equal(status, 2);
      assert.match(err, new RegExp(code));
      assert.doesNotMatch(err, /secret/);
    });
  }
});
