import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { DEFAULT_RSS_KEY, evenTable } from '../../src/bisect/paths/toeplitz.js';
import type { BisectHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { Connections } from '../../src/commands/bisect/connections.js';
import { chosenPorts, withPortsByQueue } from '../../src/commands/bisect/ports-for-queues.js';
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
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { collect } from '../engines/collected-run.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { needsRoot } from './lab-probing.js';

const LAB = 'rsskey';
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

suite('source ports by the key of a card, with packets', needsRoot, () => {
  before(async () => {
    await labUp({ name: LAB, queues: QUEUES }, () => {});
    addProgram(namespaceOf(LAB, routerOf('bad')), routerPort('bad'), 'egress', 5, 'rss');
  });
  after(() => labDown({ name: LAB }, () => {}));

  test('each flow comes in on the queue that it was chosen for', async () => {
    const path = about.paths.find(({ measured }) => measured.name === 'shell>node/syn');
    assert.ok(path);
    const receivers = new Map([[path, { source: shell, machine: 'node', side }]]);
    const { paths } = chosenPorts(about, { receivers, taken: new Map() }, 0.5);
    const planned = paths.map((one) => one.planned).filter(({ protocol }) => protocol === 'syn');
    const ports = planned[0]?.fromPorts ?? [];
    assert.equal(ports.length, 12);
    const engine = createHelperEngine(netnsTransport(namespaceOf(LAB, 'shell')));
    await collect(engine.start(loopbackPlan({ paths: planned, count: 3 * ports.length })));
    const cameIn = new Map(
      queuedFlows('bad', { name: LAB })
        .filter(({ source, destinationPort }) => source === shell && destinationPort === CLOSED_PORT)
        .map(({ sourcePort, queue }) => [sourcePort, queue]),
    );
    assert.deepEqual(
      ports.map((port) => cameIn.get(port)),
      [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
    );
  });

  test('machines tell their ways, and a veth no key: then the ports stay as they are', async () => {
    const reader = new HelperNodeReader(netnsTransport(namespaceOf(LAB, 'shell')));
    const ways = await askWays(reader, [bad, '0.0.0.0']);
    await reader.close();
    assert.deepEqual([...ways].slice(0, 1), [[bad, { interface: 'eth0', source: shell }]]);
    const connections = new Connections(hosts, {});
    assert.deepEqual(
      await withPortsByQueue(about, 'helper', connections, { stop: new AbortController().signal, waitMs: 30_000 }),
      about,
    );
    await connections.close();
  });
});
