import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { hashSync } from 'bcryptjs';
import { AgentServer, isLoopback, listenAddress, type Shown } from '../../src/exporter/http/agent-server.js';
import { PLAIN, readWebConfig, type WebConfig } from '../../src/exporter/http/web-config.js';
import { CodedError } from '../../src/model/errors.js';
import { withFolder } from '../recording/temporary-folder.js';

const shown: Shown = {
  metrics: async () => ({ text: 'rxray_agent_ready 1\n', contentType: 'text/plain; version=0.0.4' }),
  healthy: () => true,
  readiness: () => ({ ready: false, words: 'no answer yet' }),
  findings: (since) => [{ type: 'agent', since }],
  recordings: () => [{ name: 'one.rxr.gz', bytes: 3 }],
  recording: async (name) => (name === 'one.rxr.gz' ? Readable.from(['abc']) : undefined),
};

async function served(
  work: (url: string, port: number) => Promise<void>,
  config: WebConfig = PLAIN,
  what: Shown = shown,
  /** Where it believes to listen; a test never really leaves loopback. */
  host = '127.0.0.1',
): Promise<void> {
  const server = new AgentServer(what, { host, port: 0 }, config);
  const port = await server.open();
  try {
    await work(`http://127.0.0.1:${port}`, port);
  } finally {
    await server.close();
  }
}

const basic = (user: string, password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});
const users = (password: string): WebConfig => ({ ...PLAIN, users: new Map([['ops', hashSync(password, 4)]]) });

suite('the endpoints', () => {
  for (const [path, status, body] of [
    ['/metrics', 200, 'rxray_agent_ready 1\n'],
    ['/healthz', 200, 'ok\n'],
    ['/readyz', 503, 'no answer yet\n'],
    ['/findings', 200, '{"type":"agent","since":0}\n'],
    ['/findings?since=5.5', 200, '{"type":"agent","since":5.5}\n'],
    ['/findings?since=x', 400, undefined],
    ['/recordings/', 200, '{"name":"one.rxr.gz","bytes":3}\n'],
    ['/recordings/one.rxr.gz', 200, 'abc'],
    ['/recordings/two.rxr.gz', 404, undefined],
    ['/recordings/%2e%2e%2fetc%2fpasswd', 404, undefined],
    ['/recordings/../../etc/passwd', 404, undefined],
    ['/', 404, undefined],
  ] as const) {
    test(`${path}: ${status}`, () =>
      served(async (url) => {
        const response = await fetch(url + path);
        assert.equal(response.status, status);
        if (body !== undefined) assert.equal(await response.text(), body);
      }));
  }

  test('only GET and HEAD', () =>
    served(async (url) => {
      assert.equal((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status, 405);
      const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
      assert.deepEqual([head.status, await head.text()], [200, '']);
    }));

  test('a failure inside is not told to who asks', () =>
    served(
      async (url) => {
        const response = await fetch(`${url}/metrics`);
        assert.deepEqual([response.status, (await response.text()).includes('secret')], [500, false]);
      },
      PLAIN,
      { ...shown, metrics: () => Promise.reject(new Error('secret')) },
    ));

  test('what is no HTTP does it no harm', () =>
    served(async (url, port) => {
      let seed = 7;
      const random = (): number => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed;
      };
      const said = 'GET /findings?since=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Basic b3BzOng=\r\n\r\n';
      for (let round = 0; round < 200; round += 1) {
        const bytes = Buffer.from(said);
        for (let i = 0; i < 1 + (round % 9); i += 1) bytes[random() % bytes.length] = random() & 255;
        await new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => socket.end(bytes.subarray(0, 1 + (random() % bytes.length))));
          socket.on('error', () => {});
          socket.on('close', () => resolve());
          socket.resume();
        });
      }
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
    }));
});

suite('who may ask', () => {
  test('with users nobody sees metrics without the right password; health is for everybody', () =>
    served(async (url) => {
      assert.equal((await fetch(`${url}/metrics`)).status, 401);
      assert.equal((await fetch(`${url}/metrics`, basic('ops', 'wrong'))).status, 401);
      assert.equal((await fetch(`${url}/metrics`, basic('nobody', 'right'))).status, 401);
      assert.equal((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer x' } })).status, 401);
      assert.equal((await fetch(`${url}/metrics`, basic('ops', 'right'))).status, 200);
      assert.equal((await fetch(`${url}/metrics`, basic('ops', 'wrong'))).status, 401);
      assert.equal((await fetch(`${url}/healthz`)).status, 200);
    }, users('right')));

  test('a right password is checked once only', () =>
    served(
      async (url) => {
        await fetch(`${url}/metrics`, basic('ops', 'right'));
        const began = performance.now();
        for (let i = 0; i < 20; i += 1)
          assert.equal((await fetch(`${url}/metrics`, basic('ops', 'right'))).status, 200);
        assert.ok(performance.now() - began < 2_000);
      },
      { ...PLAIN, users: new Map([['ops', hashSync('right', 10)]]) },
    ));

  test('many wrong passwords at once are turned away, not worked on', () =>
    served(
      async (url) => {
        const all = await Promise.all(
          Array.from({ length: 12 }, (_, i) =>
            fetch(`${url}/metrics`, basic('ops', `x${i}`)).then(({ status }) => status),
          ),
        );
        assert.ok(all.includes(429));
        assert.ok(all.every((status) => status === 429 || status === 401));
      },
      { ...PLAIN, users: new Map([['ops', hashSync('right', 10)]]) },
    ));

  test('off loopback findings and recordings want proof even where nothing else does', () =>
    served(
      async (url) => {
        assert.equal((await fetch(`${url}/metrics`)).status, 200);
        assert.equal((await fetch(`${url}/findings`)).status, 403);
        assert.equal((await fetch(`${url}/recordings/`)).status, 403);
        assert.equal((await fetch(`${url}/recordings/one.rxr.gz`)).status, 403);
      },
      PLAIN,
      shown,
      '0.0.0.0',
    ));

  for (const [text, host, loopback] of [
    ['127.0.0.1:9469', '127.0.0.1', true],
    ['[::1]:9469', '::1', true],
    ['0.0.0.0:80', '0.0.0.0', false],
    ['[::]:80', '::', false],
  ] as const) {
    test(`${text} is ${loopback ? '' : 'not '}loopback`, () => {
      assert.equal(listenAddress(text).host, host);
      assert.equal(isLoopback(host), loopback);
    });
  }
  for (const text of ['localhost:80', '127.0.0.1', '127.0.0.1:70000', ':80']) {
    test(`${text} is no address to listen on`, () => assert.throws(() => listenAddress(text), CodedError));
  }
});

suite('the web configuration of Prometheus exporters', () => {
  const wrong = async (text: string): Promise<string> => {
    let message = '';
    await withFolder(async (folder) => {
      const file = join(folder, 'web.yaml');
      writeFileSync(file, text);
      await assert.rejects(readWebConfig(file), (error: CodedError) => {
        message = error.message.replaceAll(folder, '');
        return error instanceof CodedError && error.code === 'E_CONFIG';
      });
    });
    return message;
  };

  test('mistakes are told with line and key, and no password is repeated', async () => {
    assert.match(
      await wrong('basic_auth_users:\n  ops: hunter2\n'),
      /^\/web\.yaml:2: basic_auth_users\.ops: this is not a bcrypt/,
    );
    assert.doesNotMatch(await wrong('basic_auth_users:\n  ops: hunter2\n'), /hunter2/);
    assert.match(
      await wrong('tls_sever_config: {}\n'),
      /web\.yaml:1: tls_sever_config: unknown key; tls_server_config\?/,
    );
    assert.match(await wrong('tls_server_config: { cert_file: a }\n'), /key_file: missing/);
    assert.match(await wrong('tls_server_config: { cert_file: a, key_file: b }\n'), /cannot read a/);
    const hash = `$2b$31$${'a'.repeat(53)}`;
    assert.match(await wrong(`basic_auth_users:\n  ops: '${hash}'\n`), /cost 14/);
    const any = 'tls_server_config: { cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert }\n';
    assert.match(await wrong(any), /needs client_ca_file/);
  });

  const noOpenssl = spawnSync('openssl', ['version']).error !== undefined;
  test('client certificates', { skip: noOpenssl ? 'openssl is not installed' : false }, () =>
    withFolder(async (folder) => {
      const openssl = (...words: string[]): void => {
        assert.equal(spawnSync('openssl', words, { cwd: folder }).status, 0);
      };
      for (const name of ['server', 'client', 'stranger']) {
        openssl(
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
          ...[
            '-subj',
            `/CN=${name}`,
            '-addext',
            'subjectAltName=DNS:localhost',
            '-keyout',
            `${name}.key`,
            '-out',
            `${name}.crt`,
          ],
        );
      }
      writeFileSync(
        join(folder, 'web.yaml'),
        'tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: client.crt\n',
      );
      const config = await readWebConfig(join(folder, 'web.yaml'));
      await served(
        async (_url, port) => {
          const status = (path: string, who?: string): Promise<number | string> =>
            new Promise((resolve) => {
              const of = (ending: string) => ({ file: join(folder, `${who}.${ending}`) }).file;
              const keys =
                who === undefined
                  ? {}
                  : { key: spawnSync('cat', [of('key')]).stdout, cert: spawnSync('cat', [of('crt')]).stdout };
              const asked = httpsRequest(
                { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, ...keys },
                (response) => {
                  response.resume();
                  resolve(response.statusCode ?? 0);
                },
              );
              asked.on('error', () => resolve('refused'));
              asked.end();
            });
          assert.equal(await status('/metrics'), 200);
          assert.equal(await status('/findings'), 403);
          assert.equal(await status('/findings', 'client'), 200);
          assert.notEqual(await status('/findings', 'stranger'), 200);
        },
        config,
        shown,
        '0.0.0.0',
      );
    }),
  );
});
