import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { installation, manifests } from '../../src/deploy/manifests.js';
import { resolveObjects } from '../../src/deploy/resolve.js';
import { valuesWith } from '../../src/deploy/values.js';
import { eventOf, writeEvent } from '../../src/fleet/events/node-events.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import { ControlPlane, clusterIngredients, type Ingredients } from './control-plane.js';
import { makeNodes, type Plain, podsIn } from './objects.js';

const CHART = join(packageFolder(), 'deploy/helm/rxray');
const PROFILE = readFileSync(join(packageFolder(), 'deploy/seccomp-trace.json'), 'utf8');
const NODES = 50;

/** Rows of values: as helm takes them, and as src/deploy does. */
const VALUES: readonly Readonly<Record<string, string | number | boolean>>[] = [
  {},
  { tier: 'restricted' },
  { 'trace.enabled': true },
  { 'trace.enabled': true, 'trace.installSeccompProfile': false },
  { 'podMonitor.enabled': true, 'serviceMonitor.enabled': true, 'events.enabled': true },
  { 'keys.existingSecret': 'k', 'webConfig.existingSecret': 'w', priorityClassName: 'system-node-critical' },
  { 'paths.nodePort': 0, 'networkPolicy.enabled': false, 'agent.neighbours': 4, 'agent.interval': '100ms' },
  { tier: 'restricted', 'paths.nodePort': 31_000, 'agent.port': 9_999, 'image.repository': 'registry.example/rxray' },
];

suite('installing into a real cluster', { timeout: 560_000 }, () => {
  let programs: Ingredients;
  let plane: ControlPlane;
  before(async () => {
    programs = await clusterIngredients();
    plane = await ControlPlane.start(programs);
    await makeNodes(plane, NODES);
  });
  after(() => plane?.stop());

  const helm = (...args: string[]): string => plane.run('helm', args);
  const documents = (text: string): Plain[] =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as Plain | null)
      .filter((object): object is Plain => object !== null);
  const key = (object: Plain): string => `${object.kind}/${(object.metadata as Plain).name}`;
  const sorted = (objects: readonly Plain[]): Plain[] => [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));

  test('helm lint finds nothing', () => {
    assert.match(helm('lint', '--strict', CHART), /0 chart\(s\) failed/);
  });

  for (const [index, row] of VALUES.entries()) {
    test(`helm renders what src/deploy resolves: ${JSON.stringify(row)}`, () => {
      const set = Object.entries(row).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);
      const rendered = documents(helm('template', 'rxray', CHART, '--namespace', 'watch', ...set));
      const resolved = resolveObjects(manifests(PROFILE), { ...valuesWith(row), release: { namespace: 'watch' } });
      // The text of agent.yaml is written by two writers: what it says is compared.
      const plain = (objects: readonly Plain[]) =>
        sorted(objects).map((object) => {
          const files = object.data as Readonly<Record<string, string>> | undefined;
          if (files?.['agent.yaml'] === undefined) return object;
          return { ...object, data: Object.entries(files).map(([name, text]) => [name, documents(text)]) };
        });
      assert.deepEqual(plain(rendered), plain(resolved), `row ${index}`);
    });
  }

  test('helm refuses values that are misspelt, of the wrong kind, or limit the CPU', () => {
    for (const set of [
      'teir=probe',
      'tier=all',
      'agent.neighbours=11',
      'resources.limits.cpu=100m',
      'trace.enable=true',
    ]) {
      assert.throws(
        () => helm('template', 'rxray', CHART, '--set', set),
        /values don't meet the specifications|additional propert/i,
        set,
      );
    }
  });

  for (const folder of ['restricted', 'probe', 'trace']) {
    test(`kubectl apply -k ${folder} passes the API server's dry run`, () => {
      const path = join(packageFolder(), 'deploy/kustomize', folder);
      const namespace = plane.run('kubectl', ['create', 'namespace', 'rxray', '--dry-run=client', '-o', 'yaml']);
      plane.kubectl(['apply', '-f', '-'], namespace);
      const said = plane.kubectl(['apply', '-k', path, '--dry-run=server', '--server-side', '--force-conflicts']);
      assert.match(said, /daemonset\.apps\/rxray-\w+ serverside-applied \(server dry run\)/);
      const built = documents(plane.kubectl(['kustomize', path]));
      assert.equal(built.length, documents(readFileSync(join(path, 'rxray.yaml'), 'utf8')).length);
    });
  }

  test('the API server keeps every field that is written: it knows each of them', () => {
    for (const row of VALUES.filter((values) => values['podMonitor.enabled'] === undefined)) {
      // On no node: pods of a node without a kubelet never end, and theirs are the ports of the next installation.
      const objects = installation('watch', valuesWith({ ...row, nodeSelector: { nowhere: 'yes' } }), PROFILE);
      const text = objects.map((object) => `---\n${JSON.stringify(object)}`).join('\n');
      plane.kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=rxray', '-f', '-'], text);
      const kept = JSON.parse(plane.kubectl(['get', '-f', '-', '-o', 'json'], text)) as { items: Plain[] };
      for (const object of objects as readonly Plain[]) {
        const found = kept.items.find((one) => key(one) === key(object));
        assert.deepEqual(lost(object, found, key(object)), []);
      }
    }
    plane.kubectl(['delete', 'namespace', 'watch', '--wait=false']);
  });

  test(`real helm installs it, and each DaemonSet makes a pod for each of ${NODES} nodes of both architectures`, async () => {
    const set = ['--set', 'trace.enabled=true'];
    helm('install', 'rxray', CHART, '--namespace', 'rxray', '--create-namespace', '--take-ownership', ...set);
    for (const part of ['probe', 'companion', 'trace']) {
      await plane.until(`${NODES} pods of ${part} are placed`, 120_000, async () => {
        const pods = await podsIn(plane, 'rxray', part);
        return new Set(pods.map(({ spec }) => spec.nodeName).filter((name) => name !== undefined)).size === NODES;
      });
    }
    const pods = await podsIn(plane, 'rxray');
    assert.equal(pods.length, 3 * NODES);
    const quota = plane.kubectl(['-n', 'rxray', 'get', 'daemonset', '-o', 'json']);
    for (const { status } of (JSON.parse(quota) as { items: { status: Plain }[] }).items) {
      assert.equal(status.desiredNumberScheduled, NODES);
    }
  });

  test('an upgrade replaces agents by shares, never more than a third at a time', async () => {
    const text = plane.kubectl(['-n', 'rxray', 'get', 'daemonset', 'rxray-probe', '-o', 'json']);
    const { spec } = JSON.parse(text) as { spec: { updateStrategy: Plain } };
    assert.deepEqual((spec.updateStrategy.rollingUpdate as Plain).maxUnavailable, '34%');
    helm('upgrade', 'rxray', CHART, '--namespace', 'rxray', '--set', 'trace.enabled=false');
    await plane.until('the pods of the trace tier are gone', 60_000, async () =>
      (await podsIn(plane, 'rxray', 'trace')).every(({ metadata }) => 'deletionTimestamp' in metadata),
    );
  });

  test('the service account may list and watch pods of its namespace, and nothing else', () => {
    const may = (verb: string, what: string, namespace: string): string =>
      spawnSync(
        programs.kubectl ?? '',
        ['auth', 'can-i', verb, what, '-n', namespace, '--as=system:serviceaccount:rxray:rxray'],
        { encoding: 'utf8', env: { ...process.env, KUBECONFIG: plane.kubeconfig } },
      ).stdout.trim();
    for (const verb of ['list', 'watch']) assert.equal(may(verb, 'pods', 'rxray'), 'yes', verb);
    for (const [verb, what, namespace] of [
      ['get', 'pods', 'rxray'],
      ['list', 'pods', 'default'],
      ['list', 'secrets', 'rxray'],
      ['list', 'configmaps', 'rxray'],
      ['list', 'nodes', 'rxray'],
      ['create', 'pods/exec', 'rxray'],
      ['create', 'events', 'rxray'],
      ['create', 'events', 'default'],
    ] as const) {
      assert.equal(may(verb, what, namespace), 'no', `${verb} ${what} in ${namespace}`);
    }
  });

  test('with events.enabled it may write Events of nodes, which the API server takes in default only', async () => {
    helm('upgrade', 'rxray', CHART, '--namespace', 'rxray', '--set', 'events.enabled=true');
    const token = plane.kubectl(['-n', 'rxray', 'create', 'token', 'rxray']).trim();
    const event = (namespace: string) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: 'rxray-', namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'worker-1' },
      reason: 'PacketsWait',
      message: 'rx-queue at worker-1, probability 0.99',
      type: 'Warning',
    });
    const post = (namespace: string) =>
      plane.ask(`/api/v1/namespaces/${namespace}/events`, 'POST', event(namespace), token).then(({ status }) => status);
    assert.equal(await post('default'), 201);
    assert.equal(await post('rxray'), 403);
    assert.equal((await plane.ask('/api/v1/namespaces/rxray/events', 'POST', event('rxray'))).status, 422);
  });

  test('the Event that fleet --events writes on a bad node is taken, and brought up to date when it goes on', async () => {
    writeFileSync(plane.file('events-token'), plane.kubectl(['-n', 'rxray', 'create', 'token', 'rxray']).trim());
    const access = { url: plane.url, tokenFile: plane.file('events-token'), caFile: plane.caFile };
    const bad = { type: 'node-verdict', node: 'worker-1', state: 'bad', cause: 'nat', probability: 0.97 } as const;
    const run = { epochNs: '1795861448000000000' };
    const never = new AbortController().signal;
    await writeEvent(access, eventOf({ ...bad, incidents: 4, since: 0, last: 60e9 }, run, 'watch'), never);
    await writeEvent(access, eventOf({ ...bad, incidents: 9, since: 0, last: 300e9 }, run, 'watch'), never);
    const described = plane.kubectl(['describe', 'node', 'worker-1']);
    assert.match(
      described,
      /Warning +PacketsWait .*\(x9 over .*\) +rxray .*nat, probability 0\.970; rxray why worker-1/,
    );
  });
});

/** Paths of what stands in an object and not in what was kept of it. */
function lost(wanted: unknown, kept: unknown, at: string): string[] {
  if (wanted === null || typeof wanted !== 'object') return wanted === kept ? [] : [`${at}: ${wanted} → ${kept}`];
  if (Array.isArray(wanted)) {
    // Where there is nothing in a list the server keeps no list.
    const list = Array.isArray(kept) ? kept : [];
    return wanted.flatMap((one, index) => lost(one, list[index], `${at}[${index}]`));
  }
  const has = (kept ?? {}) as Plain;
  return Object.entries(wanted).flatMap(([name, one]) =>
    at.endsWith('limits') || at.endsWith('requests') ? [] : lost(one, has[name], `${at}.${name}`),
  );
}
