import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFolder } from '../recording/temporary-folder.js';
import { said } from './in-process.js';

test('agent check tells all that is wrong by line, also in the files that it names', () =>
  withFolder(async (folder) => {
    const [config, members] = [join(folder, 'agent.yaml'), join(folder, 'members.yaml')];
    writeFileSync(members, 'members:\n  a: { nod: 10.0.0.1 }\n');
    writeFileSync(config, `node: a\nmembers: { file: ${members} }\nlisten: { address: 0.0.0.0:9469 }\n`);
    const { status, out } = await said('agent', 'check', config);
    assert.equal(status, 2);
    assert.match(out, /members\.yaml:2: members\.a\.nod: unknown key; node\?/);
    assert.match(out, /agent\.yaml:1: listen\.webConfig: missing: 0\.0\.0\.0:9469 is not loopback/);
    writeFileSync(members, 'members:\n  a: { node: 10.0.0.1 }\n');
    writeFileSync(config, `node: a\nmembers: { file: ${members} }\n`);
    const right = await said('agent', 'check', config, '--json');
    const [report] = right.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([right.status, report.type, report.node, report.members], [0, 'config-report', 'a', 1]);
  }));

test('an agent with a wrong configuration, or open to everybody, does not start', () =>
  withFolder(async (folder) => {
    const config = join(folder, 'agent.yaml');
    writeFileSync(config, 'node: a\nmembers: { file: none }\nlisten: { address: 0.0.0.0:0 }\n');
    const open = await said('agent', '--config', config);
    assert.equal(open.status, 2);
    assert.match(open.err, /not loopback \[E_CONFIG\][\s\S]*webConfig/);
    writeFileSync(config, 'members: { file: none }\nprobe: { intervall: 1s }\n');
    const wrong = await said('agent', '--config', config);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /agent\.yaml:2: probe\.intervall: unknown key; interval\? \[E_CONFIG\]/);
    assert.equal((await said('agent', '--config', join(folder, 'none.yaml'))).status, 2);
    assert.equal((await said('agent')).status, 2);
  }));

test('agent key makes a private key that nobody else can read, and never writes over one', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'node.key');
    const { status, out } = await said('agent', 'key', file);
    assert.equal(status, 0);
    assert.match(out, /^[A-Za-z0-9+/]{43}=\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.notEqual(readFileSync(file, 'utf8'), out);
    const again = await said('agent', 'key', file);
    assert.equal(again.status, 2);
    assert.match(again.err, /E_OUTPUT/);
  }));
