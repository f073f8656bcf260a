import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { report } from '../../src/commands/recording/report.js';
import { CodedError } from '../../src/model/errors.js';
import type { NodeVerdict } from '../../src/model/fleet/fleet-verdict.js';
import { fleetPage } from '../../src/report/fleet/fleet-page.js';
import type { FleetTold } from '../../src/report/fleet/fleet-text.js';
import { fakeIo } from '../commands/fake-io.js';
import { BAD_NODE } from '../fleet/bad-node.js';

const folder = mkdtempSync(join(tmpdir(), 'rxray-fleet-page-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const bad: NodeVerdict = {
  ...BAD_NODE,
  ruledOut: [{ cause: 'nat', because: '<script>alert(1)</script> passed' }],
  lines: ['kubectl cordon node-3'],
};
const told: FleetTold = {
  run: {
    type: 'fleet-run',
    schema: 1,
    version: '0.1.0',
    epochNs: '1795861448000000000',
    windowNs: 600e9,
    source: 'agents',
    asked: '8 agents',
  },
  nodes: [bad, { type: 'node-verdict', node: 'node-7', state: 'blind', reason: 'its agent is silent' }],
  links: [],
  verdict: {
    type: 'fleet-verdict',
    cause: 'fault',
    bad: ['node-3'],
    suspects: [],
    unwatched: [],
    blind: ['node-7'],
    nodes: 8,
    edges: 56,
    unexplained: 0,
    quality: { clockUncertaintyNs: 100_000_000, queries: 8, tookNs: 1e9, notes: ['one agent more did not answer'] },
  },
};
const lines = [told.run, ...told.nodes, ...told.links, told.verdict].map((record) => `${JSON.stringify(record)}\n`);
const options = (file: string, format: 'html' | 'md' | 'json', output?: string) => ({
  file: join(folder, file),
  format,
  quiet: true,
  output,
});

test('a page of a verdict on a fleet has node, cause, doubt and what to run, and nothing that runs by itself', () => {
  const page = fleetPage(told, 'body { color: black }', 'fleet.ndjson');
  for (const words of ['1 bad node: node-3', 'rx-queue', '&gt; 0.999', 'kubectl cordon node-3', 'its agent is silent'])
    assert.ok(page.includes(words), words);
  assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt; passed'));
  assert.doesNotMatch(page, /<script/);
  assert.match(page, /default-src &#39;none&#39;; style-src &#39;sha256-/);
});

test('report takes what fleet --json has written, as a page, as Markdown and as JSON', async () => {
  writeFileSync(join(folder, 'fleet.ndjson'), lines.join(''));
  const page = join(folder, 'page.html');
  assert.equal(await report(options('fleet.ndjson', 'html', page), fakeIo().io), 0);
  assert.match(readFileSync(page, 'utf8'), /<h2>node-3<\/h2>/);
  const [md, json] = [fakeIo(), fakeIo()];
  assert.equal(await report(options('fleet.ndjson', 'md'), md.io), 0);
  assert.match(md.out(), /^# 1 bad node: node-3\n/);
  assert.equal(await report(options('fleet.ndjson', 'json'), json.io), 0);
  assert.deepEqual(JSON.parse(json.out()).verdict.bad, ['node-3']);
});

test('one that is cut off, or has a strange line, is refused', async () => {
  writeFileSync(join(folder, 'cut.ndjson'), lines.slice(0, 2).join(''));
  writeFileSync(join(folder, 'strange.ndjson'), `${lines[0]}{"type":"node-verdict","node":7}\n${lines.at(-1)}`);
  for (const [file, words] of [
    ['cut.ndjson', /is cut off/],
    ['strange.ndjson', /has a line 2/],
  ] as const) {
    await assert.rejects(report(options(file, 'md'), fakeIo().io), (error) => {
      assert.ok(error instanceof CodedError && error.code === 'E_FORMAT');
      assert.match(error.message, words);
      return true;
    });
  }
});
