import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type DiscoverOptions, discover } from '../../src/commands/discover/discover.js';
import { CodedError } from '../../src/model/errors.js';
import { fakeIo } from '../commands/fake-io.js';

/** What a stand-in for kubectl answers to `get RESOURCE`; without an entry: an empty list. */
type Answers = Readonly<Record<string, { readonly items?: readonly object[]; readonly stderr?: string }>>;

const NODE = {
  kind: 'Node',
  metadata: { name: 'n1' },
  status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
};
const POD = {
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'shop' },
  spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
  status: { phase: 'Running', hostIP: '10.0.0.1', podIP: '10.1.0.2', conditions: [{ type: 'Ready', status: 'True' }] },
};
const forbidden = (what: string) => ({
  stderr: `Error from server (Forbidden): ${what} is forbidden: User "eve" cannot list resource "${what}"`,
});

suite('reading a cluster by kubectl', () => {
  let folder = '';
  const log = () => join(folder, 'log');
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rk-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(answers: Answers, options: Partial<DiscoverOptions> = {}) {
    const kubectl = join(folder, 'kubectl');
    rmSync(log(), { force: true });
    writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
    writeFileSync(
      kubectl,
      `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const words = process.argv.slice(2);
appendFileSync(${JSON.stringify(log())}, JSON.stringify(words) + '\\n');
const answers = JSON.parse(readFileSync(${JSON.stringify(join(folder, 'answers.json'))}, 'utf8'));
const at = words.indexOf('get') + 1;
const home = words.find((word) => word.startsWith('--namespace='));
const key = words[at].split('.')[0] + (home === undefined || words[at] === 'configmaps' ? '' : ' ' + home);
const { items = [], stderr } = answers[key] ?? {};
if (stderr !== undefined) { console.error(stderr); process.exit(1); }
console.log(JSON.stringify({ kind: 'List', items }));
`,
    );
    chmodSync(kubectl, 0o755);
    const { io, out, err } = fakeIo();
    const plain = { from: [], nodes: [], externals: [], way: 'debug' as const, here: true, json: true };
    const status = await discover({ ...plain, kubectl, ...options }, io).catch((error: unknown) => error);
    const calls = existsSync(log()) ? readFileSync(log(), 'utf8').trim().split('\n') : [];
    return {
      status,
      found: out() === '' ? undefined : JSON.parse(out()),
      err: err(),
      calls: calls.map((line) => JSON.parse(line) as string[]),
    };
  }

  test('only get is used, of the kinds that are declared, ConfigMaps by name, Secrets never', async () => {
    const { status, calls } = await run({ nodes: { items: [NODE] }, pods: { items: [POD] } }, { context: 'prod' });
    assert.equal(status, 0);
    for (const call of calls) {
      assert.deepEqual(call.slice(0, 3), ['--context=prod', '--request-timeout=30s', 'get']);
      assert.ok(!call.join(' ').toLowerCase().includes('secret'), call.join(' '));
      assert.ok(!call.includes('all'), call.join(' '));
      if (call[3] === 'configmaps')
        assert.match(call[4] ?? '', /^(kube-proxy|kube-proxy-config|cilium-config|kube-flannel-cfg|antrea-config)$/);
    }
    const kinds = new Set(calls.map((call) => call[3]));
    assert.deepEqual([...kinds].sort(), [
      'configmaps',
      'daemonsets.apps',
      'endpointslices.discovery.k8s.io',
      'felixconfigurations.crd.projectcalico.org',
      'ippools.crd.projectcalico.org',
      'nodes',
      'pods',
      'services',
    ]);
  });

  test('nodes that may not be read are known by the pods on them, and the right is named', async () => {
    const { status, found, err } = await run({ nodes: forbidden('nodes'), pods: { items: [POD] } });
    assert.equal(status, 0);
    assert.deepEqual(found.nodes, [{ name: 'n1', addresses: ['10.0.0.1'], externalAddresses: [], cordoned: false }]);
    assert.match(err, /nodes not read: .*User "eve" cannot list.*; nodes are known only as far as pods run on them/);
    assert.match(err, /kubectl create clusterrole rxray-discover --verb=list --resource=nodes\n/);
  });

  test('where pods of all namespaces may not be read, those of one may', async () => {
    const { found, err } = await run(
      { nodes: { items: [NODE] }, pods: forbidden('pods'), 'pods --namespace=shop': { items: [POD] } },
      { namespace: 'shop' },
    );
    assert.equal(found.hosts.targets['pod-n1'].address, '10.1.0.2');
    assert.match(err, /pods not read: only namespace shop:/);
  });

  test('ConfigMaps are asked for by name', async () => {
    const { err } = await run({ nodes: { items: [NODE] }, configmaps: forbidden('configmaps') });
    assert.match(
      err,
      /kubectl -n kube-system create role rxray-discover --verb=get --resource=configmaps --resource-name=kube-proxy /,
    );
    assert.match(err, /kubectl -n kube-flannel create role rxray-discover/);
  });

  test('add-ons that a cluster does not have are no gap', async () => {
    const { found } = await run({
      nodes: { items: [NODE] },
      ippools: { stderr: `error: the server doesn't have a resource type "ippools"` },
      felixconfigurations: { stderr: `error: the server doesn't have a resource type "felixconfigurations"` },
    });
    assert.deepEqual(found.unread, []);
  });

  for (const [what, stderr, code, message] of [
    [
      'a login that ran out',
      'error: You must be logged in to the server (Unauthorized)',
      'E_KUBECTL',
      /does not know you/,
    ],
    ['no cluster', 'The connection to the server 10.0.0.1:6443 was refused - did you', 'E_KUBECTL', /does not answer/],
    ['no such context', 'error: context "x" does not exist', 'E_KUBECTL', /no such context/],
    ['nothing that may be read', forbidden('nodes').stderr, 'E_NODE', /no node could be read/],
  ] as const) {
    test(`${what} ends with status 4 and says what to do`, async () => {
      const refused = { stderr };
      const { status, calls } = await run({ nodes: refused, pods: refused });
      assert.ok(status instanceof CodedError, String(status));
      assert.deepEqual([status.code, status.exitCode], [code, 4]);
      assert.match(status.message, message);
      if (code === 'E_KUBECTL') assert.equal(calls.length, 1);
    });
  }

  test('no kubectl is told as such', async () => {
    const { status } = await run({}, { kubectl: join(folder, 'none') });
    assert.ok(status instanceof CodedError);
    assert.match(status.message, /no kubectl program/);
  });
});
