import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { DEFAULT_RSS_KEY, evenTable } from '../../src/bisect/paths/toeplitz.js';
import type { BisectHosts } from '../../src/commands/bisect/bisect-hosts.js';
import type { BisectOptions } from '../../src/commands/bisect/bisect-options.js';
import { liveSources } from '../../src/commands/bisect/bisect-sources.js';
import { Bisection } from '../../src/commands/bisect/bisection.js';
import { chosenPorts } from '../../src/commands/bisect/chosen-ports.js';
import { Connections } from '../../src/commands/bisect/connections.js';
import { withPortsByQueue } from '../../src/commands/bisect/ports-for-queues.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { askWays } from '../../src/kernel/ask-ways.js';
import { HelperNodeReader } from '../../src/kernel/node-reader.js';
import { CLOSED_PORT, HOST_ADDRESS, routerOf, routerPort } from '../../src/lab/addresses.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { addProgram } from '../../src/lab/program.js';
import { queuedFlows } from '../../src/lab/queues.js';
import { namespaceOf } from '../../src/lab/state.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';
import { MS, SECOND } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { fakeIo } from '../commands/fake-io.js';
import { collect } from '../engines/collected-run.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { needsRoot } from './lab-probing.js';

const LAB = 'rkports';
const QUEUES = 4;
const { shell, bad } = HOST_ADDRESS;
const inLab = (name: 'shell' | 'bad') =>
  ({ transport: 'netns', name: namespaceOf(LAB, name), overlay: false }) as const;
const hosts: Hosts = {
  vantages: { shell: inLab('shell'), bad: inLab('bad') },
  targets: { node: { kind: 'node', address: bad, port: CLOSED_PORT, vantage: 'bad' } },
};
const about: BisectHosts = { hosts, paths: measuredPaths(hosts), notes: [] };
/** What rss.bpf.c does. */
const side: ReceiveSide = {
  interface: 'eth0',
  rxQueues: QUEUES,
  spreadBySoftware: false,
  cpusOfQueue: [],
  spread: { by: 'toeplitz', key: DEFAULT_RSS_KEY, table: evenTable(QUEUES), ports: { ipv4: true, ipv6: true } },
};

const OPTIONS: BisectOptions = {
  thresholdNs: 50 * MS,
  durationNs: 2 * SECOND,
  fixedDuration: true,
  only: [],
  except: [],
  family: 'any',
  plan: false,
  trace: false,
  live: false,
  ascii: false,
  explain: false,
  json: true,
  quiet: true,
  cpu: 'auto',
};

suite('source ports by the key of a card, with packets', needsRoot, () => {
  before(async () => {
    await labUp({ name: LAB, queues: QUEUES }, () => {});
    addProgram(namespaceOf(LAB, routerOf('bad')), routerPort('bad'), 'egress', 5, 'rss');
  });
  after(() => labDown({ name: LAB }, () => {}));

  /** The paths as they are with ports by the key. */
  function byKey(): BisectHosts {
    const path = about.paths.find(({ measured }) => measured.name === 'shell>node/syn');
    assert.ok(path);
    const receivers = new Map([[path, { source: shell, machine: 'node', side }]]);
    return chosenPorts(about, { receivers, taken: new Map() }, 0.5);
  }

  /** The queue that each source port came in on. */
  function queuesOf(ports: readonly number[]): (number | undefined)[] {
    const cameIn = new Map(
      queuedFlows('bad', { name: LAB })
        .filter(({ source, destinationPort }) => source === shell && destinationPort === CLOSED_PORT)
        .map(({ sourcePort, queue }) => [sourcePort, queue]),
    );
    return ports.map((port) => cameIn.get(port));
  }

  test('each flow comes in on the queue that it was chosen for', async () => {
    const { paths } = byKey();
    const planned = paths.map((one) => one.planned).filter(({ protocol }) => protocol === 'syn');
    const ports = planned[0]?.fromPorts ?? [];
    assert.equal(ports.length, 12);
    const engine = createHelperEngine(netnsTransport(namespaceOf(LAB, 'shell')));
    await collect(engine.start(loopbackPlan({ paths: planned, count: 3 * ports.length })));
    assert.deepEqual(queuesOf(ports), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test('ports that somebody else took before the start are replaced by others of their queues, and the bisection goes on', async () => {
    const chosen = byKey();
    const [planned] = chosen.paths.map((one) => one.planned).filter(({ protocol }) => protocol === 'syn');
    const ports = planned?.fromPorts ?? [];
    assert.ok(planned !== undefined && ports[0] !== undefined);
    const { insteadPorts: _, ...strict } = planned;
    const other = createHelperEngine(netnsTransport(namespaceOf(LAB, 'shell'))).start(
      loopbackPlan({ paths: [{ ...strict, flows: 1, fromPorts: [ports[0]] }], count: 0 }),
    );
    const { io, out, err } = fakeIo();
    const stop = io.stop;
    const connections = new Connections(hosts, { stop });
    for await (const event of other.events) {
      if (event.kind !== 'samples') continue;
      const epochNs = BigInt(Date.now()) * 1_000_000n;
      const sources = liveSources(hosts, epochNs, { engine: 'helper', recorder: undefined, connections, stop });
      const output = { file: undefined, write: async (text: string | Uint8Array) => io.out(String(text)) };
      await new Bisection(OPTIONS, chosen, sources, output, io).follow();
      break;
    }
    other.stop();
    const records = out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const run = records.find(({ type, paths = [] }) => type === 'run' && paths[0]?.path.startsWith('shell>'));
    const path = run?.paths.find((one: { path: string }) => one.path === 'shell>node/syn');
    assert.equal(path?.ports?.length, 12, err());
    assert.notEqual(path.ports[0], ports[0]);
    assert.deepEqual(queuesOf(path.ports), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    const { quality } = records.find(({ type }) => type === 'verdict');
    assert.match(
      quality.notes.join('\n'),
      /shell>node\/syn: \d+ of 12 source ports were taken meanwhile, and replaced \d+ by others of the same choice$/m,
    );
  });

  test('machines tell their ways, and a veth no key: then the ports stay as they are', async () => {
    const reader = new HelperNodeReader(netnsTransport(namespaceOf(LAB, 'shell')));
    const ways = await askWays(reader, [bad, '0.0.0.0']);
    await reader.close();
    assert.deepEqual([...ways].slice(0, 1), [[bad, { interface: 'eth0', source: shell }]]);
    const stop = new AbortController().signal;
    const connections = new Connections(hosts, { stop });
    assert.deepEqual(await withPortsByQueue(about, 'helper', connections, { stop, graceMs: 30_000 }), about);
    await connections.close();
  });
});
