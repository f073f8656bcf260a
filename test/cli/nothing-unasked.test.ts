import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readsAsTarget } from '../../src/cli/record-cli.js';
import { announcement, guessedHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { forAWhile } from '../../src/commands/probe/probe.js';
import type { ProbeOptions } from '../../src/commands/probe/probe-options.js';
import { resolveTargets } from '../../src/commands/probe/probe-targets.js';

import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { stageKey } from '../../src/model/stage.js';
import { SECOND } from '../../src/model/time.js';

describe('the FILE of record', () => {
  for (const [file, isTarget] of [
    ['172.16.47.27', true],
    ['172.16.47.27:30927', true],
    ['172.16.0.0/16', true],
    ['node-7:443', true],
    ['::1', true],
    ['[::1]:443', true],
    ['https://node-7/', true],
    ['run.rxr', false],
    ['2026-11-28.rxr', false],
    ['./172.16.47.27', false],
  ] as const) {
    test(`${file} is ${isTarget ? 'a target that was put there' : 'a file'}`, () => {
      assert.equal(readsAsTarget(file), isTarget);
    });
  }
});

describe('options without a target', () => {
  let folder: string;
  const was = process.cwd();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxray-unasked-'));
    process.chdir(folder);
  });
  after(() => {
    process.chdir(was);
    rmSync(folder, { recursive: true });
  });

  test('go to ./hosts.yaml, which is said, and nobody asked for them', async () => {
    writeFileSync('hosts.yaml', 'targets:\n  one: { kind: node, address: 127.0.0.1 }\n');
    const { targets, notes, unasked } = await resolveTargets([], { family: 'any' });
    assert.deepEqual(
      targets.map(({ name, address }) => [name, address]),
      [['one', '127.0.0.1']],
    );
    assert.deepEqual(notes, ['no target given: probing the targets of hosts.yaml: one (127.0.0.1)']);
    assert.equal(unasked, true);
  });

  test('of a hosts file that is named are asked for', async () => {
    const { unasked } = await resolveTargets([], { family: 'any', hosts: 'hosts.yaml' });
    assert.equal(unasked, false);
  });

  for (const [what, given, ends] of [
    ['nothing else is said: 10 s', { count: 0, durationNs: 0 }, 10 * SECOND],
    ['a length is said: that', { count: 0, durationNs: 3 * SECOND }, 3 * SECOND],
    ['a count is said: by that', { count: 7, durationNs: 0 }, 0],
  ] as const) {
    test(`last as long as asked; ${what}`, () => {
      assert.equal(forAWhile(given as unknown as ProbeOptions).durationNs, ends);
    });
  }
});

test('guessed paths are told with rates and addresses before anything is sent; the control is not worth a word', () => {
  const hosts = guessedHosts('192.0.2.7', 443, '198.51.100.1');
  const paths = measuredPaths(hosts);
  assert.equal(
    announcement(paths, { durationNs: 300 * SECOND, fixedDuration: false }),
    'sends 205 packets/s to 192.0.2.7 (ICMP echo, SYN to port 443) and 205 packets/s to 198.51.100.1 (ICMP echo, SYN to port 9876), until the verdict is settled, 5 min at most',
  );
});

test('a guessed port is a target of its own: what holds it alone is no receive queue of the address', () => {
  const paths = measuredPaths(guessedHosts('192.0.2.7', 443, undefined));
  assert.deepEqual(
    paths.map(({ measured }) => [measured.name, measured.answeredBy, measured.out.map(stageKey).join(' ')]),
    [
      ['here>target/icmp', 'target', 'sender@here network@here+target rx-queue@target'],
      ['here>port-443/syn', 'target', 'sender@here network@here+target rx-queue@target nat@target pod@target'],
      ['here>loopback/icmp', 'loopback', 'sender@here network@here+loopback rx-queue@loopback'],
    ],
  );
});
