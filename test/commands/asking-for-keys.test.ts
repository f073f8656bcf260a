import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_RSS_KEY, evenTable } from '../../src/bisect/paths/toeplitz.js';
import type { BisectHosts } from '../../src/commands/bisect/bisect-hosts.js';
import type { Reached } from '../../src/commands/bisect/connections.js';
import { withPortsByQueue } from '../../src/commands/bisect/ports-for-queues.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { CodedError } from '../../src/model/errors.js';
import type { HelperExit, HelperProcess, Transport } from '../../src/transports/transport.js';

const NODES = { near: '192.0.2.1', far: '192.0.2.2', shell: '192.0.2.9' } as const;
const hosts: Hosts = {
  vantages: {
    shell: { transport: 'netns', name: 'shell', overlay: false },
    near: { transport: 'netns', name: 'near', overlay: false },
    far: { transport: 'netns', name: 'far', overlay: false },
  },
  targets: {
    'node-near': { kind: 'node', address: NODES.near, port: 9_876, vantage: 'near' },
    'node-far': { kind: 'node', address: NODES.far, port: 9_876, vantage: 'far' },
  },
};
const about: BisectHosts = { hosts, paths: measuredPaths(hosts), notes: [] };
const PORTS = ['source', 'destination', 'sourcePort', 'destinationPort'];
const INTERFACE = {
  driver: 'fake',
  rxQueues: 8,
  offloads: { ntupleRules: false },
  queues: [],
  rss: {
    function: 'toeplitz',
    key: Buffer.from(DEFAULT_RSS_KEY).toString('hex'),
    indirection: evenTable(8),
    fields: { tcp4: PORTS, tcp6: PORTS },
  },
};

type Manner = 'tells' | 'is silent' | 'cannot be reached';

/** A helper that answers orders as `--read-node` does. */
class FakeHelper implements HelperProcess {
  readonly output: AsyncIterable<Uint8Array>;
  readonly exited: Promise<HelperExit>;
  #end: (exit: HelperExit) => void = () => {};
  #lines: string[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor(
    private readonly source: string,
    private readonly manner: Manner,
  ) {
    this.exited = new Promise((resolve, reject) => {
      this.#end = resolve;
      if (manner === 'cannot be reached') {
        reject(new CodedError('E_SSH', 'no answer', ''));
        this.#ended = true;
      }
    });
    this.exited.catch(() => {});
    this.output = this.#output();
  }

  send(text: string): void {
    if (this.manner !== 'tells') return;
    this.#lines.push(
      ...text
        .trimEnd()
        .split('\n')
        .map((order) => this.#answer(order)),
    );
    this.#wake();
  }

  closeInput(): void {
    this.#ended = true;
    this.#end({ code: 0, signal: null, stderr: '' });
    this.#wake();
  }

  terminate(): void {
    this.closeInput();
  }

  #answer(order: string): string {
    const [verb = '', word = ''] = order.split(' ');
    if (verb === 'mark') return `mark 0 0 ${word}`;
    if (verb === 'route') return `route ${word} ${JSON.stringify({ interface: 'eth0', source: this.source })}`;
    if (verb === 'interface') return `interface ${word} ${JSON.stringify({ ...INTERFACE, interface: word })}`;
    return `fail ENOENT ${word}`;
  }

  async *#output(): AsyncGenerator<Uint8Array> {
    while (!this.#ended || this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/** All vantages answer at once, but for those of `manners`. */
class FakeConnections {
  readonly reached = new Map<string, (reached: Reached) => void>();
  readonly #waiting = new Map<string, Promise<Reached>>();

  constructor(
    private readonly manners: Partial<Record<string, Manner>> = {},
    slow: readonly string[] = [],
  ) {
    for (const name of slow) this.#waiting.set(name, new Promise((resolve) => this.reached.set(name, resolve)));
  }

  to(name: string): Transport {
    const source = NODES[name as keyof typeof NODES];
    return { place: name, launch: () => new FakeHelper(source, this.manners[name] ?? 'tells') };
  }

  reach(name: string): Promise<Reached> {
    return this.#waiting.get(name) ?? Promise.resolve({});
  }

  giveUp(): void {}
}

const stop = new AbortController().signal;
const byKey = ({ paths }: BisectHosts): string[] =>
  paths.flatMap(({ measured, planned }) => (planned.flows === 24 ? [measured.name] : [])).sort();
/** Longer than any test takes. */
const NEVER_MS = 600_000;

suite('asking for the keys of cards beside reaching the vantages', () => {
  test('who tells has ports by its key', async () => {
    const found = await withPortsByQueue(about, 'helper', new FakeConnections(), { stop, graceMs: NEVER_MS });
    assert.deepEqual(byKey(found), [
      'far>node-near/syn',
      'near>node-far/syn',
      'shell>node-far/syn',
      'shell>node-near/syn',
    ]);
  });

  test('nobody is waited for any longer once all have told, though a vantage is not reached yet', async () => {
    const connections = new FakeConnections({}, ['far']);
    const found = await withPortsByQueue(about, 'helper', connections, { stop, graceMs: NEVER_MS });
    assert.equal(byKey(found).length, 4);
  });

  test('a far node that is not reached costs no more than reaching it: the others go by their keys', async () => {
    const connections = new FakeConnections({ far: 'is silent' }, ['far']);
    let done = false;
    const asked = withPortsByQueue(about, 'helper', connections, { stop, graceMs: 1 }).then((found) => {
      done = true;
      return found;
    });
    await sleep(50);
    assert.equal(done, false, 'the run waits for the vantage anyway');
    connections.reached.get('far')?.({ failure: new CodedError('E_SSH', 'no answer', '') });
    const found = await asked;
    assert.deepEqual(byKey(found), ['shell>node-near/syn']);
    assert.deepEqual(found.notes.slice(0, 1), [
      'far did not tell in time how packets come and go there: source ports are arbitrary',
    ]);
  });

  test('one that is reached and says nothing is given up after the grace', async () => {
    const found = await withPortsByQueue(about, 'helper', new FakeConnections({ far: 'is silent' }), {
      stop,
      graceMs: 100,
    });
    assert.deepEqual(byKey(found), ['shell>node-near/syn']);
  });

  test('one that cannot be reached is passed over, and nothing is waited for', async () => {
    const connections = new FakeConnections({ far: 'cannot be reached' });
    const found = await withPortsByQueue(about, 'helper', connections, { stop, graceMs: NEVER_MS });
    assert.deepEqual(byKey(found), ['shell>node-near/syn']);
    assert.equal(found.notes.length, 1, 'why it is out is told where its prober fails');
  });

  test('other engines than the helper send from their own ports', async () => {
    const none = { to: () => assert.fail(), reach: () => assert.fail(), giveUp: () => {} };
    assert.equal(await withPortsByQueue(about, 'connect', none, { stop }), about);
  });
});
