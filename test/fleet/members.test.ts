import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsSource } from '../../src/fleet/members/dns.js';
import { KubernetesSource } from '../../src/fleet/members/kubernetes/kubernetes-source.js';
import { membersOfPods, type Pod } from '../../src/fleet/members/kubernetes/pod-members.js';
import type { MemberSource } from '../../src/fleet/members/member-source.js';
import { StaticFileSource } from '../../src/fleet/members/static-file.js';
import type { Member } from '../../src/model/fleet/member.js';
import { MS } from '../../src/model/time.js';
import { withFolder } from '../recording/temporary-folder.js';

/** What a source told so far. */
class Told {
  readonly lists: (readonly Member[])[] = [];
  readonly troubles: string[] = [];

  constructor(readonly source: MemberSource) {
    source.start({ members: (list) => this.lists.push(list), trouble: (words) => this.troubles.push(words) });
  }

  get names(): string[] {
    return (this.lists.at(-1) ?? []).map(({ name }) => name).sort();
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !isSo(); waited += 20) {
      assert.ok(waited < 15_000, `${what}: ${JSON.stringify(this.names)} ${this.troubles}`);
      await sleep(20);
    }
  }
}

test('a file of members is read again when it changes; a broken one leaves the last', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'members.yaml');
    const told = new Told(new StaticFileSource(file));
    await told.until(() => told.troubles.length === 1, 'no file yet');
    writeFileSync(file, 'members: { a: { node: 10.0.0.1 } }');
    await told.until(() => told.names.join() === 'a', 'a');
    writeFileSync(file, 'members: { a: { node: 10.0.0.1 }, b: { nod: 1 } }');
    await told.until(() => told.troubles.length === 2, 'broken');
    assert.match(told.troubles[1] ?? '', /members\.yaml:1: members\.b\.nod: unknown key/);
    assert.equal(told.names.join(), 'a');
    told.source.stop();
  }));

suite('DNS', () => {
  test('names that fail keep what they had, and one name lists the addresses of all', async () => {
    let fails = false;
    const lookup = async (name: string): Promise<string[]> => {
      if (fails && name === 'b') throw Object.assign(new Error('x'), { code: 'ESERVFAIL' });
      return name === 'all' ? ['10.0.0.2', '10.0.0.1', 'no address'] : [`10.0.0.${name.charCodeAt(0)}`];
    };
    const told = new Told(new DnsSource({ names: ['a', 'b'], everyNs: 20 * MS }, lookup));
    await told.until(() => told.names.join() === 'a,b', 'both');
    fails = true;
    await told.until(() => told.troubles.length > 0, 'trouble');
    assert.equal(told.troubles[0], 'b: ESERVFAIL');
    assert.equal(told.names.join(), 'a,b');
    told.source.stop();
    const all = new Told(new DnsSource({ names: ['all'], port: 80, everyNs: 20 * MS }, lookup));
    await all.until(() => all.names.join() === '10.0.0.1,10.0.0.2', 'addresses');
    assert.deepEqual(all.lists.at(-1)?.[0]?.addresses, { node: { address: '10.0.0.1', port: 80 } });
    all.source.stop();
  });
});

interface PodShape {
  readonly node?: string;
  readonly ready?: boolean;
  readonly hostNetwork?: boolean;
  readonly ending?: boolean;
  readonly version?: number;
  readonly labels?: Record<string, string>;
}

function pod(uid: string, { node, ready = true, hostNetwork = true, ending, version = 1, labels }: PodShape = {}): Pod {
  const name = node ?? uid;
  return {
    metadata: {
      uid,
      resourceVersion: String(version),
      ...(labels === undefined ? {} : { labels }),
      ...(ending === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { nodeName: name, hostNetwork },
    status: {
      hostIP: `10.0.0.${name.charCodeAt(0)}`,
      podIP: hostNetwork ? `10.0.0.${name.charCodeAt(0)}` : `10.244.0.${name.charCodeAt(0)}`,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

suite('members of pods', () => {
  test('a node with an agent on the host and a companion has both addresses', () => {
    const [member] = membersOfPods([pod('1', { node: 'a' }), pod('2', { node: 'a', hostNetwork: false })], {
      port: 9,
      nodePort: 30_000,
    });
    assert.deepEqual(member, {
      name: 'a',
      zone: undefined,
      ready: true,
      key: undefined,
      addresses: {
        node: { address: '10.0.0.97', port: 9 },
        pod: { address: '10.244.0.97', port: 9 },
        nodeport: { address: '10.0.0.97', port: 30_000 },
      },
    });
  });

  test('pods that are not ready, ending, or of no node are not probed; the zone is that of a label', () => {
    const zoned = pod('d', { labels: { 'topology.kubernetes.io/zone': 'z1' } });
    const unplaced = { ...pod('e'), spec: {} };
    const members = membersOfPods(
      [pod('a', { ready: false }), pod('b', { ending: true }), pod('c'), zoned, unplaced],
      {},
    );
    assert.deepEqual(
      members.map(({ name, ready, zone }) => [name, ready, zone]),
      [
        ['a', false, undefined],
        ['b', false, undefined],
        ['c', true, undefined],
        ['d', true, 'z1'],
      ],
    );
  });
});

/** A stand-in for an API server: pages of two, watches, bookmarks, 410, connections that drop or fall silent. */
class ApiServer {
  readonly asked: URL[] = [];
  readonly #server: Server;
  #watch: ServerResponse | undefined;
  pods: Pod[] = [];
  version = 10;
  goneBefore = 0;
  token = 'one';
  silent = false;

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      this.asked.push(url);
      const json = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.headers.authorization !== `Bearer ${this.token}`) return json(401, { message: 'Unauthorized' });
      if (url.pathname !== '/api/v1/namespaces/rxray/pods') return json(403, { message: 'pods is forbidden' });
      if (url.searchParams.get('watch') === '1') {
        if (Number(url.searchParams.get('resourceVersion')) < this.goneBefore) return json(410, { message: 'too old' });
        response.writeHead(200);
        response.flushHeaders();
        this.#watch = response;
        return;
      }
      const from = Number(url.searchParams.get('continue') ?? 0);
      const more = from + 2 < this.pods.length ? { continue: String(from + 2) } : {};
      json(200, {
        metadata: { resourceVersion: String(this.version), ...more },
        items: this.pods.slice(from, from + 2),
      });
    });
  }

  get watched(): boolean {
    return this.#watch !== undefined && !this.#watch.destroyed;
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  send(type: string, object: object): void {
    this.#watch?.write(`${JSON.stringify({ type, object })}\n`);
  }

  raw(text: string): void {
    this.#watch?.write(text);
  }

  drop(): void {
    this.#watch?.destroy();
    this.#watch = undefined;
  }

  finish(): void {
    this.#watch?.end();
    this.#watch = undefined;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

test('Kubernetes: a list in pages, changes as they come, 410, dropped watches, renewed tokens', () =>
  withFolder(async (folder) => {
    const server = new ApiServer();
    const api = await server.open();
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'one\n');
    server.pods = ['a', 'b', 'c', 'd', 'e'].map((name) => pod(name));
    const told = new Told(
      new KubernetesSource({ api, tokenFile, namespace: 'rxray', selector: 'app=rxray', port: 9876 }, {}),
    );
    try {
      await told.until(() => told.names.join('') === 'abcde', 'the list');
      assert.ok(server.asked.every((url) => url.searchParams.get('labelSelector') === 'app=rxray'));
      await told.until(() => server.watched, 'a watch');
      assert.equal(server.asked.at(-1)?.searchParams.get('resourceVersion'), '10');

      server.send('ADDED', pod('f', { version: 11 }));
      server.send('DELETED', pod('a', { version: 12 }));
      server.send('MODIFIED', pod('b', { ready: false, version: 13 }));
      await told.until(() => told.names.join('') === 'bcdef', 'changes');
      await told.until(() => told.lists.at(-1)?.find(({ name }) => name === 'b')?.ready === false, 'not ready');

      // A line in two pieces, then a bookmark from which the next watch goes on.
      const line = `${JSON.stringify({ type: 'ADDED', object: pod('g', { version: 14 }) })}\n`;
      server.raw(line.slice(0, 40));
      await sleep(50);
      server.raw(line.slice(40));
      await told.until(() => told.names.includes('g'), 'a line in pieces');
      server.send('BOOKMARK', { metadata: { resourceVersion: '20' } });
      await sleep(50);
      server.finish();
      await told.until(() => server.watched, 'watched again');
      assert.equal(server.asked.at(-1)?.searchParams.get('resourceVersion'), '20');
      assert.equal(told.names.join(''), 'bcdefg');

      // A connection that breaks goes on with the same version, with the token of that moment.
      server.token = 'two';
      writeFileSync(tokenFile, 'two');
      server.drop();
      await told.until(() => server.watched, 'after a break');

      // Too old, by an event and by a status: the list is read anew.
      server.pods = ['x', 'y'].map((name) => pod(name));
      server.version = 30;
      server.send('ERROR', { code: 410, message: 'too old' });
      await told.until(() => told.names.join('') === 'xy', 'after 410 in the watch');
      await told.until(() => server.watched, 'watched after 410');
      server.pods = [pod('z')];
      server.version = 40;
      server.goneBefore = 35;
      server.finish();
      await told.until(() => told.names.join('') === 'z', 'after status 410');

      // What is no event breaks the watch, not the agent.
      await told.until(() => server.watched, 'watched at last');
      server.raw('no json\n');
      await told.until(() => told.troubles.length > 0, 'trouble');
      assert.equal(told.names.join(''), 'z');
    } finally {
      told.source.stop();
      server.close();
    }
  }));

test('Kubernetes: what is forbidden is told in the words of the server, and asked again slowly', () =>
  withFolder(async (folder) => {
    const server = new ApiServer();
    const api = await server.open();
    writeFileSync(join(folder, 'token'), 'one');
    const told = new Told(
      new KubernetesSource({ api, tokenFile: join(folder, 'token'), namespace: 'kube-system', selector: 'a' }, {}),
    );
    try {
      await told.until(() => told.troubles.length > 0, 'trouble');
      assert.equal(told.troubles[0], 'Kubernetes: status 403: pods is forbidden');
      await sleep(400);
      assert.ok(server.asked.length <= 2);
    } finally {
      told.source.stop();
      server.close();
    }
  }));
