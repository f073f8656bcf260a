import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, suite, test } from 'node:test';
import { installation } from '../../src/deploy/manifests.js';
import { valuesWith } from '../../src/deploy/values.js';
import { ownFile } from '../../src/installation/own-file.js';
import { ControlPlane, clusterIngredients } from './control-plane.js';
import { LabAgents } from './lab-agents.js';
import { makeNode, makeNodes, podsIn, reportPod, type SeenPod, sent } from './objects.js';

/** Agents run on three of them; of the others there is only what the API says. */
const NODES = 5;
const WITH_AGENTS = ['worker-1', 'worker-2', 'worker-3'];
/** A change is on its way to the agent, waits for what comes with it, and restarts what probes. */
const SOON_MS = 15_000;
/** … and an agent has to start first. */
const START_MS = 40_000;
const ACCOUNT = 'system:serviceaccount:rxray:rxray';

suite('members from a real API server', { timeout: 580_000 }, () => {
  let plane: ControlPlane;
  let agents: LabAgents;

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
    agents = new LabAgents(plane, WITH_AGENTS, plane.file('token'));
    agents.lay();
  });
  afterEach(() => agents?.end());
  after(async () => {
    await agents?.end();
    await plane?.stop();
  });

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

  /** All agents probe all others of these nodes, and nobody else. */
  function probe(nodes: readonly string[], limitMs = SOON_MS): Promise<number> {
    return agents.all(limitMs, `they probe ${nodes.join(', ')}`, async (agent) => {
      const to = [...(await agent.probed()).keys()].sort();
      return to.join() === nodes.filter((node) => node !== agent.node).join();
    });
  }

  const told = (words: RegExp, limitMs: number): Promise<number> =>
    agents.all(limitMs, `${words} is told`, ({ log }) => words.test(log));

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

  const all = Array.from({ length: NODES }, (_, index) => `worker-${index + 1}`);
  const without = (...nodes: string[]): string[] => all.filter((node) => !nodes.includes(node));

  test('every node is one member: its own address, that of its companion and its NodePort are probed and answered', async () => {
    const took = await probe(all, START_MS);
    await agents.all(SOON_MS, 'they are answered', async (agent) => {
      const others = WITH_AGENTS.filter((node) => node !== agent.node);
      const counts = others.flatMap((to) => ['node', 'pod', 'nodeport'].map((kind) => agent.answered(to, kind)));
      return (await Promise.all(counts)).every((answered) => answered > 20);
    });
    assert.doesNotMatch(agents.troubles, /members:/);
    console.log(`  ${NODES} members ${took.toFixed(0)} ms after the agents were started`);
  });

  test('a node that joins, is not ready, is ready again, and leaves is heard of by the watch, without a new list', async () => {
    await probe(all, START_MS);
    const lists = countOf('list');
    const joined = `worker-${NODES + 1}`;
    await makeNode(plane, joined, NODES + 1);
    await placed('probe', NODES + 1);
    await placed('companion', NODES + 1);
    const [pod, companion] = [await probeOf(joined), await companionOf(joined)];
    const took: number[] = [];
    await reportPod(plane, pod, true);
    took.push(await probe([...all, joined]));
    await reportPod(plane, pod, false);
    await reportPod(plane, companion, false);
    took.push(await probe(all));
    await agents.all(SOON_MS, 'known, and not probed', async (agent) => (await agent.known()) === NODES + 1);
    await reportPod(plane, pod, true);
    took.push(await probe([...all, joined]));
    await sent(plane, `/api/v1/nodes/${joined}`, 'DELETE');
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=0`, 'DELETE');
    }
    took.push(await probe(all, 30_000));
    await agents.all(SOON_MS, 'it is forgotten', async (agent) => (await agent.known()) === NODES);
    assert.equal(countOf('list'), lists, 'no second list');
    console.log(`  join, not ready, ready, leave acted on after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  });

  test('a pod that is on its way out is not probed any more, before it is gone', async () => {
    await probe(all, START_MS);
    const leaving = 'worker-4';
    const [pod, companion] = [await probeOf(leaving), await companionOf(leaving)];
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=3600`, 'DELETE');
    }
    await probe(without(leaving));
    for (const one of [pod, companion]) {
      await sent(plane, `/api/v1/namespaces/rxray/pods/${one.metadata.name}?gracePeriodSeconds=0`, 'DELETE');
    }
    await placed('probe', NODES);
    await placed('companion', NODES);
    for (const one of [await probeOf(leaving), await companionOf(leaving)]) await reportPod(plane, one, true);
    await probe(all);
  });

  test('a list that is too old to go on from (410) is read anew', async () => {
    await probe(all, START_MS);
    // The server is gone while things change and etcd forgets: its old version is then nobody's any more.
    const lists = countOf('list');
    const before = await versionNow();
    await plane.killApiServer();
    await plane.startApiServer();
    for (let index = 0; index < 30; index += 1) await reportPod(plane, await probeOf('worker-5'), index % 2 === 1);
    const now = await versionNow();
    plane.run('etcdctl', ['--endpoints=http://127.0.0.1:2379', 'compact', String(now)]);
    await plane.killApiServer();
    await plane.startApiServer();
    assert.ok(before < now);
    await agents.all(60_000, 'they listed again', () => countOf('list') >= lists + WITH_AGENTS.length);
    await probe(all);
  });

  test('the API server is killed and comes back: the last list stays, and changes are heard again', async () => {
    await probe(all, START_MS);
    await plane.killApiServer();
    await told(/warning members: Kubernetes: /, 20_000);
    await probe(all);
    await plane.startApiServer();
    const pods = [await probeOf('worker-5'), await companionOf('worker-5')];
    for (const one of pods) await reportPod(plane, one, false);
    const took = await probe(without('worker-5'), 60_000);
    for (const one of pods) await reportPod(plane, one, true);
    await probe(all);
    console.log(`  acted on again ${(took / 1000).toFixed(1)} s after the server was back`);
  });

  test('a server that accepts and never answers is given up, told, and asked again', async () => {
    plane.freezeApiServer(true);
    try {
      // They start into it.
      agents.start();
      const took = await told(/no answer within/, START_MS);
      console.log(`  told after ${(took / 1000).toFixed(1)} s`);
    } finally {
      plane.freezeApiServer(false);
    }
    await probe(all, 60_000);
  });

  test('a token that is not valid any more is told, and the renewed one taken without a restart', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound', namespace: 'rxray' } };
    await sent(plane, '/api/v1/namespaces/rxray/secrets', 'POST', secret);
    newToken('--bound-object-kind=Secret', '--bound-object-name=bound');
    const bound = readFileSync(plane.file('token'), 'utf8');
    await sent(plane, '/api/v1/namespaces/rxray/secrets/bound', 'DELETE');
    // The server remembers for some seconds whom it has let in.
    await plane.until('the token is refused', 30_000, async () => {
      const { status } = await plane.ask('/api/v1/namespaces/rxray/pods', 'GET', undefined, bound);
      return status === 401;
    });
    agents.start();
    await told(/status 401/, START_MS);
    newToken();
    await probe(all, 60_000);
  });

  test('a token that is renewed in time costs agents at work nothing: they list no second time', async () => {
    await probe(all, START_MS);
    const lists = countOf('list');
    newToken();
    const pods = [await probeOf('worker-5'), await companionOf('worker-5')];
    for (const one of pods) await reportPod(plane, one, false);
    await probe(without('worker-5'));
    for (const one of pods) await reportPod(plane, one, true);
    await probe(all);
    assert.equal(countOf('list'), lists);
  });

  for (const [verb, left] of [
    ['list', ['watch']],
    ['watch', ['list']],
  ] as const) {
    test(`without the right to ${verb} pods they do not work, and say so`, async () => {
      const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/rxray/roles/rxray';
      const rules = (verbs: readonly string[]) => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs }] });
      await sent(plane, role, 'PATCH', rules(left));
      try {
        agents.start();
        await told(new RegExp(`status 403: .*cannot ${verb} resource`), START_MS);
      } finally {
        await sent(plane, role, 'PATCH', rules(['list', 'watch']));
      }
      await probe(all, 60_000);
    });
  }

  test('all that was ever asked, by the audit log: LIST and WATCH of pods in one namespace', () => {
    const asked = auditOf().filter(({ user }) => user.username === ACCOUNT);
    assert.ok(asked.length > 20, `${asked.length} requests`);
    assert.deepEqual([...new Set(asked.map(({ userAgent }) => userAgent))], ['rxray-agent']);
    const used = new Set(
      asked.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} in ${objectRef?.namespace}`),
    );
    assert.deepEqual([...used].sort(), ['list pods in rxray', 'watch pods in rxray']);
  });

  interface Audited {
    readonly verb: string;
    readonly stage: string;
    readonly userAgent: string;
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

  async function versionNow(): Promise<number> {
    const { text } = await plane.ask('/api/v1/namespaces/rxray/pods?limit=1');
    return Number((JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
  }
});
