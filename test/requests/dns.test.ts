import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseResolverConfig, searchedNames } from '../../src/hosts/resolver-config.js';
import type { SampleRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { needsRoot } from '../e2e/lab-probing.js';
import { records, rxray, rxrayIn } from '../e2e/rxray.js';
import { type Question, serveNames } from './fake-dns.js';

type Asked = SampleRecord & { readonly request: NonNullable<SampleRecord['request']> };

async function ask(...args: string[]): Promise<{ out: string; err: string; samples: Asked[]; summaries: Summary[] }> {
  const { out, err } = await rxray('probe', '--json', '--requests-alone', ...args);
  return { out, err, samples: records<Asked>(out, 'sample'), summaries: records<Summary>(out, 'summary') };
}

suite('probe --dns', () => {
  test('A and AAAA go at once from one socket, over each way', async (t) => {
    const seen: Question[] = [];
    const port = await serveNames(t, (question) => {
      seen.push(question);
      return {};
    });
    const { samples, summaries, err } = await ask('--dns', `www.example@127.0.0.1:${port}`, '-c', '3', '--rate', '5');
    const shown = `local>www.example@127.0.0.1:${port}`;
    assert.deepEqual(
      summaries.map(({ path }) => path),
      [`${shown}/dns`, `${shown}+udp-fixed/dns`, `${shown}+tcp/dns`],
      err,
    );
    assert.equal(samples.length, 9);
    for (const { outcome, request } of samples)
      assert.deepEqual(
        { outcome, status: request.status, queries: request.queries, unanswered: request.unanswered },
        { outcome: 'reply', status: 0, queries: 2, unanswered: 0 },
      );
    assert.equal(seen.length, 18);
    const pairs = new Map<string, string[]>();
    for (const { via, from, type } of seen) pairs.set(`${via} ${from}`, [...(pairs.get(`${via} ${from}`) ?? []), type]);
    const udp = [...pairs].filter(([key]) => key.startsWith('udp')).map(([, types]) => types);
    // Three of two from ports of their own, and six from the fixed one.
    assert.deepEqual(udp.map((types) => types.length).sort(), [2, 2, 2, 6]);
    for (const types of udp) assert.deepEqual(new Set(types), new Set(['A', 'AAAA']));
  });

  test('a lost answer is asked for again after 5 s: lost at first, then late by the time-out, not slow', async (t) => {
    let lost = false;
    const port = await serveNames(t, ({ type }) => {
      if (type !== 'AAAA' || lost) return {};
      lost = true;
      return null;
    });
    // The second question comes after the first was asked again: the run ends with its answer.
    const asked = ['--dns', `www.example@127.0.0.1:${port}`, '--dns-via', 'udp', '--rate', '0.18', '-d', '6s'];
    const { samples, summaries } = await ask(...asked);
    const first = samples.filter(({ seq }) => seq === 0);
    assert.deepEqual(
      first.map(({ outcome, request }) => [outcome, request.queries, request.unanswered]),
      [
        ['lost', 2, 1],
        ['late', 3, 1],
      ],
    );
    assert.ok(Math.abs((first[1]?.rttNs ?? 0) - 5e9) < 0.3e9, String(first[1]?.rttNs));
    const { asked: names, repeated, unanswered } = summaries[0]?.requests?.names ?? {};
    assert.deepEqual({ names, repeated, unanswered }, { names: 2, repeated: 1, unanswered: 1 });
  });

  test('a slow answer is slow: nothing is lost', async (t) => {
    const port = await serveNames(t, () => ({ afterMs: 300 }));
    const { samples } = await ask(
      '--dns',
      `www.example@127.0.0.1:${port}`,
      '--dns-via',
      'udp-fixed',
      '-c',
      '2',
      '-d',
      '2s',
    );
    assert.equal(samples.length, 2);
    for (const { request, rttNs = 0 } of samples) {
      assert.equal(request.unanswered, 0);
      assert.ok(rttNs >= 295e6);
    }
  });

  test('without a server as resolv.conf says: the search list multiplies each name, its time limit asks again', {
    ...needsRoot,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-resolv-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'resolv.conf');
    writeFileSync(file, 'nameserver 127.0.0.77\nsearch a.test b.test\noptions ndots:5 timeout:1\n');
    const seen: string[] = [];
    const answering = ({ name, type }: Question): { code?: number } | null => {
      if (name !== 'www.example') seen.push(name);
      const isFirst = name === 'www.example' && type === 'AAAA' && !seen.includes('lost');
      if (isFirst) seen.push('lost');
      return isFirst ? null : { code: name === 'www.example' ? 0 : 3 };
    };
    await serveNames(t, answering, { address: '127.0.0.77', wanted: 53 });
    const inPlace = 'mount --bind "$0" /etc/resolv.conf; exec "$@"';
    const asked = ['--dns', 'www.example', '--dns-via', 'udp', '-c', '4', '--rate', '5', '-W', '3s'];
    const { out, err } = await rxrayIn(
      { through: ['unshare', '-m', 'sh', '-c', inPlace, file] },
      ...['probe', '--json', '--requests-alone', ...asked],
    );
    const samples = records<Asked>(out, 'sample');
    const repeated = samples.filter(({ request }) => request.unanswered === 1);
    assert.ok(samples.length >= 2 && repeated.length === 1, err);
    for (const sample of samples) {
      const { outcome, request, rttNs = 0 } = sample;
      const isRepeated = sample === repeated[0];
      assert.deepEqual([outcome, request.queries], ['reply', isRepeated ? 7 : 6]);
      if (isRepeated) assert.ok(rttNs > 0.98e9, String(rttNs));
    }
    assert.deepEqual(new Set(seen), new Set(['www.example.a.test', 'www.example.b.test', 'lost']));
  });

  test('no such name, and a server that fails, are answers with their code', async (t) => {
    const port = await serveNames(t, ({ name }) => ({ code: name === 'gone.example' ? 3 : 2 }));
    const gone = await ask('--dns', `gone.example@127.0.0.1:${port}`, '--dns-via', 'udp', '-c', '1');
    const failed = await ask('--dns', `failing.example@127.0.0.1:${port}`, '--dns-via', 'tcp', '-c', '1');
    assert.deepEqual([gone.samples[0]?.request.status, failed.samples[0]?.request.status], [3, 2]);
  });

  test('what does not fit into UDP is asked for over TCP, as resolvers do', async (t) => {
    const seen: Question[] = [];
    const port = await serveNames(t, (question) => {
      seen.push(question);
      return { truncated: question.via === 'udp' && question.type === 'AAAA' };
    });
    const { samples, summaries } = await ask('--dns', `big@127.0.0.1:${port}`, '--dns-via', 'udp,udp-fixed', '-c', '2');
    assert.deepEqual(
      samples.map(({ outcome, request: { queries, unanswered, retried } }) => [outcome, queries, unanswered, retried]),
      Array.from({ length: 4 }, () => ['reply', 3, 0, true]),
    );
    assert.deepEqual(new Set(seen.filter(({ via }) => via === 'tcp').map(({ type }) => type)), new Set(['AAAA']));
    assert.deepEqual(
      summaries.map(({ requests }) => requests?.retried),
      [2, 2],
    );
  });

  test('a server that has no IPv6 address for a name exists, whichever code it tells', async (t) => {
    const port = await serveNames(t, ({ type }) => ({ code: type === 'AAAA' ? 3 : 0 }));
    const { samples } = await ask('--dns', `v4@127.0.0.1:${port}`, '--dns-via', 'udp', '-c', '2');
    assert.deepEqual(
      samples.map(({ request: { status, queries } }) => [status, queries]),
      [
        [0, 2],
        [0, 2],
      ],
    );
  });

  test('a port where nobody listens refuses, and is not silent', async () => {
    const { samples } = await ask('--dns', 'www.example@127.0.0.1:9', '-c', '2');
    assert.equal(samples.length, 6);
    for (const { outcome, request, rttNs = 0 } of samples)
      assert.deepEqual([outcome, request.failure, rttNs < 0.5e9], ['error', 'ECONNREFUSED', true]);
  });

  test('a server that closes the connection has failed, and is not silent', async (t) => {
    const server = createServer((socket) => socket.on('data', () => socket.end())).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { samples } = await ask('--dns', `www.example@127.0.0.1:${port}`, '--dns-via', 'tcp', '-c', '2');
    assert.deepEqual(
      samples.map(({ outcome, request }) => [outcome, request.failure]),
      [
        ['error', 'ECONNRESET'],
        ['error', 'ECONNRESET'],
      ],
    );
  });

  test('a name that is no ASCII is asked for as DNS carries it; an address is one however it is written', async (t) => {
    const seen: Question[] = [];
    const port = await serveNames(
      t,
      (question) => {
        seen.push(question);
        return {};
      },
      { address: '::1' },
    );
    const { samples } = await ask('--dns', `bücher.example@[0:0:0:0:0:0:0:1]:${port}`, '--dns-via', 'udp', '-c', '1');
    assert.equal(samples[0]?.outcome, 'reply');
    assert.deepEqual(new Set(seen.map(({ name }) => name)), new Set(['xn--bcher-kva.example']));
  });

  test('the text says lost apart from slow, and how many queries a name takes', async (t) => {
    const port = await serveNames(t, () => ({}));
    const { out } = await rxray(
      'probe',
      '--requests-alone',
      '--dns',
      `www.example@127.0.0.1:${port}`,
      '--dns-via',
      'udp',
      '-c',
      '2',
      '--rate',
      '5',
    );
    assert.match(out, /A and AAAA over UDP, a new port each/);
    assert.match(out, /4 queries for 2 names: 2\.0 each/);
    assert.match(out, /answered: no error 2 times/);
  });
});

suite('names that a resolver tries', () => {
  const pod = parseResolverConfig(
    'nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5 timeout:2 # glibc\n',
    'resolv.conf',
  );

  test('resolv.conf of a pod is read as glibc reads it', () => {
    assert.deepEqual(pod, {
      file: 'resolv.conf',
      nameservers: ['10.96.0.10'],
      search: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      timeoutNs: 2e9,
      attempts: 2,
    });
  });

  const rows: readonly (readonly [string, readonly string[]])[] = [
    [
      'api.example.org',
      [
        'api.example.org.shop.svc.cluster.local',
        'api.example.org.svc.cluster.local',
        'api.example.org.cluster.local',
        'api.example.org',
      ],
    ],
    ['api.example.org.', ['api.example.org']],
    [
      'a.b.c.d.e.f',
      [
        'a.b.c.d.e.f',
        'a.b.c.d.e.f.shop.svc.cluster.local',
        'a.b.c.d.e.f.svc.cluster.local',
        'a.b.c.d.e.f.cluster.local',
      ],
    ],
  ];
  for (const [name, names] of rows) test(name, () => assert.deepEqual(searchedNames(name, pod), names));

  test('an empty file has the defaults: one dot, 5 s, two attempts, no server', () => {
    const { ndots, timeoutNs, attempts, nameservers } = parseResolverConfig('', 'resolv.conf');
    assert.deepEqual(
      { ndots, timeoutNs, attempts, nameservers },
      { ndots: 1, timeoutNs: 5e9, attempts: 2, nameservers: [] },
    );
  });
});
