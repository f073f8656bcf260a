import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { installation } from '../../src/deploy/manifests.js';
import { valuesWith } from '../../src/deploy/values.js';
import { KubernetesSource } from '../../src/fleet/members/kubernetes/kubernetes-source.js';
import { ownFile } from '../../src/installation/own-file.js';
import type { Member } from '../../src/model/fleet/member.js';
import { ControlPlane, clusterIngredients } from './control-plane.js';
import { makeNode, makeNodes, podsIn, reportPod, type SeenPod, sent } from './objects.js';

const NODES = 20;
const ACCOUNT = 'system:serviceaccount:rxray:rxray';

/** Hears what an agent would hear of its fleet. */
class Ears {
  members: readonly Member[] = [];
  readonly troubles: string[] = [];
  told = 0;
  readonly #source: KubernetesSource;

  constructor(source: KubernetesSource) {
    this.#source = source;
    source.start({
      members: (members) => {
        this.members = members;
        this.told += 1;
      },
      trouble: (words) => this.troubles.push(words),
    });
  }

  ready(): string[] {
    return this.members.filter(({ ready }) => ready).map(({ name }) => name);
  }

  stop(): void {
    this.#source.stop();
  }
}

suite('members from a real API server', { timeout: 580_000 }, () => {
  let plane: ControlPlane;
  let ears: Ears | undefined;

  before(async () => {
    plane = await ControlPlane.start(await clusterIngredients());
    await makeNodes(plane, NODES);
    const objects = installation('rxray', valuesWith(), ownFile('deploy/seccomp-trace.json').toString());
    plane.kubectl(
      ['apply', '--server-side', '-f', '-'],
      objects.map((one) => `---\n${JSON.stringify(one)}`).join('\n'),
    );
    for (const part of ['probe', 'companion']) await placed(part, NODES);
    for (const pod of await podsIn(plane, 'rxray')) await reportPod(plane, pod, true);
    newToken();
  });
  afterEach(() => {
    ears?.stop();
    ears = undefined;
  });
  after(() => plane?.stop());

  async function placed(part: string, count: number): Promise<void> {
    await plane.until(`${count} pods of ${part} are placed`, 120_000, async () => {
      const pods = await podsIn(plane, 'rxray', part);
      return pods.filter(({ spec }) => spec.nodeName !== undefined).length === count;
    });
  }

  /** A token of the service account, as the kubelet puts it into the pods and renews it there. */
  function newToken(...bound: string[]): void {
    const token = plane.kubectl(['-n', 'rxray', 'create', 'token', 'rxray', '--duration=1h', ...bound]).trim();
    writeFileSync(plane.file('token.part'), token);
    copyFileSync(plane.file('token.part'), plane.file('token'));
  }

  function listen(): Ears {
    ears = new Ears(
      new KubernetesSource(
        {
          namespace: 'rxray',
          selector: 'app.kubernetes.io/name=rxray',
          api: plane.url,
          tokenFile: plane.file('token'),
          caFile: plane.caFile,
          port: 9469,
          nodePort: 30_903,
        },
        {},
      ),
    );
    return ears;
  }

  async function hears(limitMs: number, what: string, isSo: (heard: Ears) => boolean): Promise<number> {
    const heard = ears ?? listen();
    const began = performance.now();
    for (const end = began + limitMs; performance.now() < end; await sleep(20)) {
      if (isSo(heard)) return performance.now() - began;
    }
    const last = heard.troubles.at(-1) ?? 'no trouble';
    throw new Error(`not within ${limitMs / 1000} s: ${what}; ${heard.ready().length} ready, ${last}`);
  }

  const probeOf = async (node: string): Promise<SeenPod> => {
    const pods = await podsIn(plane, 'rxray', 'probe');
    const found = pods.find(({ spec }) => spec.nodeName === node);
    assert.ok(found);
    return found;
  };
  const companionOf = async (node: string): Promise<SeenPod> => {
    const found = (await podsIn(plane, 'rxray', 'companion')).find(({ spec }) => spec.nodeName === node);
    assert.ok(found);
    return found;
  };

  test('every node is one member: its own address, that of its companion, its NodePort', async () => {
    const took = await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    const member = ears?.members.find(({ name }) => name === 'worker-7');
    assert.deepEqual(member?.addresses, {
      node: { address: '10.20.0.7', port: 9469 },
      pod: { address: '10.244.7.9', port: 9469 },
      nodeport: { address: '10.20.0.7', port: 30_903 },
    });
    assert.deepEqual(ears?.troubles, []);
    console.log(`  ${NODES} members after ${took.toFixed(0)} ms`);
  });

  test('a node that joins, is not ready, is ready again, and leaves is heard of by the watch, without a new list', async () => {
    await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    const lists = countOf('list');
    await makeNode(plane, `worker-${NODES + 1}`, NODES + 1);
    await placed('probe', NODES + 1);
    await placed('companion', NODES + 1);
    const joined = `worker-${NODES + 1}`;
    const [pod, companion] = [await probeOf(joined), await companionOf(joined)];
    const took: number[] = [];
    await reportPod(plane, pod, true);
    took.push(await hears(5_000, 'it joined', (heard) => heard.ready().includes(joined)));
    await reportPod(plane, pod, false);
    await reportPod(plane, companion, false);
    took.push(await hears(5_000, 'it is not ready', (heard) => !heard.ready().includes(joined)));
    assert.ok(
      ears?.members.some(({ name }) => name === joined),
      'known, and not probed',
    );
    await reportPod(plane, pod, true);
    took.push(await hears(5_000, 'it is ready again', (heard) => heard.ready().includes(joined)));
    await sent(plane, `/api/v1/nodes/${joined}`, 'DELETE');
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=0`, 'DELETE');
    }
    took.push(await hears(30_000, 'it left', (heard) => !heard.members.some(({ name }) => name === joined)));
    assert.equal(countOf('list'), lists, 'no second list');
    console.log(`  join, not ready, ready, leave heard after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  });

  test('a pod that is on its way out is not probed any more, before it is gone', async () => {
    await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    const [pod, companion] = [await probeOf('worker-3'), await companionOf('worker-3')];
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=3600`, 'DELETE');
    }
    await hears(5_000, 'it is on its way out', (heard) => !heard.ready().includes('worker-3'));
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=0`, 'DELETE');
    }
    await placed('probe', NODES);
    await placed('companion', NODES);
    for (const one of [await probeOf('worker-3'), await companionOf('worker-3')]) await reportPod(plane, one, true);
    await hears(5_000, 'its successor is there', (heard) => heard.ready().includes('worker-3'));
  });

  test('a list that is too old to go on from (410) is read anew', async () => {
    await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    // The server is gone while things change and etcd forgets: its old version is then nobody's any more.
    const lists = countOf('list');
    plane.freezeApiServer(true);
    plane.freezeApiServer(false);
    const { text } = await plane.ask('/api/v1/namespaces/rxray/pods?limit=1');
    const { metadata } = JSON.parse(text) as { metadata: { resourceVersion: string } };
    await plane.killApiServer();
    await plane.startApiServer();
    for (let index = 0; index < 30; index += 1) await reportPod(plane, await probeOf('worker-1'), index % 2 === 1);
    const now = JSON.parse((await plane.ask('/api/v1/namespaces/rxray/pods?limit=1')).text) as {
      metadata: { resourceVersion: string };
    };
    compact(String(now.metadata.resourceVersion));
    await plane.killApiServer();
    await plane.startApiServer();
    assert.ok(Number(metadata.resourceVersion) < Number(now.metadata.resourceVersion));
    await hears(60_000, 'it listed again', () => countOf('list') > lists);
    await hears(10_000, 'all are there again', (heard) => heard.ready().length === NODES);
  });

  test('the API server is killed and comes back: the last list stays, and changes are heard again', async () => {
    await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    await plane.killApiServer();
    await hears(20_000, 'trouble is told', (heard) => heard.troubles.length > 0);
    assert.equal(ears?.ready().length, NODES, 'the last list stays');
    await plane.startApiServer();
    const pod = await probeOf('worker-5');
    const companion = await companionOf('worker-5');
    for (const one of [pod, companion]) await reportPod(plane, one, false);
    const took = await hears(60_000, 'a change is heard', (heard) => !heard.ready().includes('worker-5'));
    for (const one of [pod, companion]) await reportPod(plane, one, true);
    await hears(10_000, 'and the next', (heard) => heard.ready().includes('worker-5'));
    console.log(`  heard again ${(took / 1000).toFixed(1)} s after the server was back`);
  });

  test('a server that accepts and never answers is given up, told, and asked again', async () => {
    plane.freezeApiServer(true);
    try {
      const began = performance.now();
      await hears(30_000, 'trouble is told', (heard) => heard.troubles.some((words) => /no answer within/.test(words)));
      console.log(`  told after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    } finally {
      plane.freezeApiServer(false);
    }
    await hears(60_000, 'all are there', (heard) => heard.ready().length === NODES);
  });

  test('a token that is not valid any more is told, and the renewed one taken without a restart', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound', namespace: 'rxray' } };
    await sent(plane, '/api/v1/namespaces/rxray/secrets', 'POST', secret);
    newToken('--bound-object-kind=Secret', '--bound-object-name=bound');
    await hears(10_000, 'all are there', (heard) => heard.ready().length === NODES);
    ears?.stop();
    ears = undefined;
    const bound = readFileSync(plane.file('token'), 'utf8');
    await sent(plane, '/api/v1/namespaces/rxray/secrets/bound', 'DELETE');
    // The server remembers for some seconds whom it has let in.
    await plane.until('the token is refused', 30_000, async () => {
      const { status } = await plane.ask('/api/v1/namespaces/rxray/pods', 'GET', undefined, bound);
      return status === 401;
    });
    await hears(30_000, 'it is refused', (heard) => heard.troubles.some((words) => /status 401/.test(words)));
    newToken();
    await hears(60_000, 'the new one is taken', (heard) => heard.ready().length === NODES);
  });

  for (const [verb, left] of [
    ['list', ['watch']],
    ['watch', ['list']],
  ] as const) {
    test(`without the right to ${verb} pods it does not work, and says so`, async () => {
      const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/rxray/roles/rxray';
      const rules = (verbs: readonly string[]) => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs }] });
      await sent(plane, role, 'PATCH', rules(left));
      try {
        await hears(20_000, 'it is refused', (heard) =>
          heard.troubles.some((words) => /status 403: .*cannot/.test(words)),
        );
        assert.match(ears?.troubles.join('\n') ?? '', new RegExp(`cannot ${verb} resource`));
      } finally {
        await sent(plane, role, 'PATCH', rules(['list', 'watch']));
      }
      await hears(60_000, 'all are there', (heard) => heard.ready().length === NODES);
    });
  }

  test('all that was ever asked, by the audit log: LIST and WATCH of pods in one namespace', () => {
    const asked = auditOf().filter(({ user }) => user.username === ACCOUNT);
    assert.ok(asked.length > 20, `${asked.length} requests`);
    const used = new Set(
      asked.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} in ${objectRef?.namespace}`),
    );
    assert.deepEqual([...used].sort(), ['list pods in rxray', 'watch pods in rxray']);
  });

  interface Audited {
    readonly verb: string;
    readonly stage: string;
    readonly user: { readonly username: string };
    readonly objectRef?: { readonly resource?: string; readonly namespace?: string };
  }

  function auditOf(): Audited[] {
    const lines = readFileSync(plane.auditLog, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Audited);
  }

  function countOf(verb: string): number {
    return auditOf().filter(
      (one) => one.user.username === ACCOUNT && one.verb === verb && one.stage === 'ResponseComplete',
    ).length;
  }

  /** As etcd does by itself every five minutes: what is older than this version is forgotten. */
  function compact(version: string): void {
    plane.run('etcdctl', ['--endpoints=http://127.0.0.1:2379', 'compact', version]);
  }
});
