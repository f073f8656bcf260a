import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readAgentList } from '../../src/store/agent-list.js';
import { readHttpConfig } from '../../src/store/http-config.js';

const folder = mkdtempSync(join(tmpdir(), 'rxray-http-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const file = join(folder, 'access.yaml');
  writeFileSync(file, text);
  return file;
}

describe('the file of --http-config', () => {
  test('a token, a tenant and a name to expect', async () => {
    const file = written(
      'authorization: { credentials: abc }\nhttp_headers: { X-Scope-OrgID: one }\ntls_config: { server_name: store }\n',
    );
    assert.deepEqual(await readHttpConfig(file), {
      headers: { 'X-Scope-OrgID': 'one', authorization: 'Bearer abc' },
      tls: { servername: 'store' },
    });
  });

  for (const [what, text, expected] of [
    ['a misspelt key', 'basic_auth:\n  user: me\n', /access\.yaml:2: basic_auth\.user: unknown key/],
    [
      'two ways at once',
      'basic_auth: { username: a, password: b }\nauthorization: { credentials: c }\n',
      /exclude each other/,
    ],
    ['no secret at all', 'basic_auth: { username: a }\n', /neither a secret nor a file/],
    ['a file that is not there', 'tls_config: { ca_file: /no/such/file }\n', /cannot read \/no\/such\/file/],
    ['no YAML', 'basic_auth: [\n', /access\.yaml:/],
  ] as const) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(readHttpConfig(written(text)), expected);
    });
  }

  test('a secret of the wrong form is not repeated', async () => {
    await assert.rejects(
      readHttpConfig(written('basic_auth: { username: a, password: [s3cret] }\n')),
      (error: Error) => {
        assert.ok(!error.message.includes('s3cret'));
        return true;
      },
    );
  });
});

describe('the list of agents', () => {
  for (const [given, expected] of [
    ['node-1,node-2:9470', ['http://node-1:9469/', 'http://node-2:9470/']],
    ['10.0.0.7', ['http://10.0.0.7:9469/']],
    ['2001:db8::7', ['http://[2001:db8::7]:9469/']],
    ['https://node-1:443,node-1', ['https://node-1/', 'http://node-1:9469/']],
  ] as const) {
    test(given, async () => {
      assert.deepEqual((await readAgentList(given)).map(String), expected);
    });
  }

  for (const [given, expected] of [
    ['', /names no agent/],
    ['ftp://node-1', /neither http nor https/],
    ['http://me:secret@node-1', /credentials/],
    ['/no/such/list', /cannot read/],
  ] as const) {
    test(`refuses ${given === '' ? 'nothing' : given}`, async () => {
      await assert.rejects(readAgentList(given), expected);
    });
  }
});
