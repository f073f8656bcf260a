import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_RSS_KEY, evenTable, queueByRss } from '../../src/bisect/paths/toeplitz.js';
import type { BisectHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { chosenPorts, type KnownReceiver, replacedPorts } from '../../src/commands/bisect/chosen-ports.js';
import { portShares } from '../../src/commands/bisect/port-shares.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import { takenPorts } from '../../src/kernel/taken-ports.js';
import { hasPorts } from '../../src/model/protocol.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';

const hosts: Hosts = {
  vantages: {
    shell: { transport: 'netns', name: 'shell', overlay: false },
    client: { transport: 'netns', name: 'client', overlay: true },
    bad: { transport: 'netns', name: 'bad', overlay: true },
  },
  targets: {
    node: { kind: 'node', address: '172.16.47.27', port: 9_876, vantage: 'bad' },
    pod: { kind: 'pod', address: '10.125.20.64', port: 8_080, node: 'node', overlay: 'ipip' },
    nodeport: { kind: 'nodeport', address: '172.16.47.27', port: 30_927, node: 'node', pod: 'pod' },
  },
};
const about: BisectHosts = { hosts, paths: measuredPaths(hosts), notes: ['as it was'] };
const spread = {
  by: 'toeplitz',
  key: DEFAULT_RSS_KEY,
  table: evenTable(8),
  ports: { ipv4: true, ipv6: true },
} as const;
const side: ReceiveSide = { interface: 'eth0', rxQueues: 8, spreadBySoftware: false, cpusOfQueue: [], spread };
const SOURCES: Record<string, string> = { shell: '172.16.33.44', client: '172.16.47.20' };
const at = (name: string, { paths }: BisectHosts = about): HostsPath => {
  const found = paths.find(({ measured }) => measured.name === name);
  assert.ok(found, `${name} of ${paths.map(({ measured }) => measured.name)}`);
  return found;
};
const known = (...names: string[]): ReadonlyMap<HostsPath, KnownReceiver> =>
  new Map(
    names.map((name) => {
      const path = at(name);
      return [path, { source: SOURCES[path.measured.vantage] ?? '', machine: 'node', side }];
    }),
  );

suite('the source ports of a bisection', () => {
  const taken = new Map<string, ReadonlySet<number>>();

  test('three for each queue where the way is known, a row where it is not, and none twice', () => {
    const changed = chosenPorts(about, { receivers: known('shell>node/syn', 'client>node/syn'), taken }, 0.5);
    for (const [name, from] of [
      ['shell>node/syn', '172.16.33.44'],
      ['client>node/syn', '172.16.47.20'],
    ] as const) {
      const { planned, measured } = at(name, changed);
      const queues = (planned.fromPorts ?? []).map((port) =>
        queueByRss({ from, to: '172.16.47.27', ports: { from: port, to: 9_876 } }, spread),
      );
      assert.deepEqual(
        queues,
        [0, 1, 2, 3, 4, 5, 6, 7].flatMap((queue) => [queue, queue, queue]),
      );
      assert.deepEqual([planned.flows, measured.flows], [24, 24]);
    }
    const { planned, measured } = at('shell>nodeport/syn', changed);
    assert.deepEqual([planned.flows, planned.fromPorts?.length, measured.flows], [16, 16, 16]);
    assert.deepEqual(changed.notes, [
      'as it was',
      'shell>node/syn: 24 source ports, 3 for each of 8 receive queues of node, by the key of eth0',
      'client>node/syn: 24 source ports, 3 for each of 8 receive queues of node, by the key of eth0',
    ]);
    const all = changed.paths.flatMap(({ planned: { fromPorts = [] } }) => fromPorts);
    assert.equal(new Set(all).size, all.length);
  });

  test('all ports of a vantage are named, within its share and 4096 of each other, wherever they begin', () => {
    const byVantage = ['shell', 'client'].map((name) =>
      about.paths.filter(({ measured }) => measured.vantage === name),
    );
    for (const random of [0, 0.3, 0.999]) {
      const changed = chosenPorts(about, { receivers: known('shell>node/syn', 'client>node/syn'), taken }, random);
      const shares = portShares(byVantage.map((own) => own.map(({ planned }) => planned)));
      for (const [index, vantage] of ['shell', 'client'].entries()) {
        const own = changed.paths.filter(({ measured }) => measured.vantage === vantage);
        const [first, last] = shares[index] ?? [0, 0];
        const ports = own.flatMap(({ planned }) => [...(planned.fromPorts ?? []), ...(planned.insteadPorts ?? [])]);
        assert.equal(new Set(ports).size, ports.length);
        assert.ok(own.every(({ planned }) => hasPorts(planned.protocol) === (planned.fromPorts !== undefined)));
        assert.ok(Math.max(...ports) - Math.min(...ports) < 4_096);
        assert.ok(ports.every((port) => port >= first && port <= last));
        assert.deepEqual(changed.sourcePorts?.get(vantage), [first, last]);
        const fresh = own.reduce((sum, { planned }) => sum + planned.freshPerSecond * 130, 0);
        const room = Math.max(Math.min(...ports) - first, last - Math.max(...ports));
        assert.ok(room >= fresh, `${fresh} fresh ports in ${room}`);
      }
    }
  });

  test('a vantage of which nothing is known keeps its row', () => {
    const changed = chosenPorts(about, { receivers: known('shell>node/syn'), taken }, 0);
    assert.equal(at('client>node/syn', changed), at('client>node/syn'));
    assert.deepEqual(chosenPorts(about, { receivers: new Map(), taken }, 0), about);
  });

  test('ports that others have are not chosen', () => {
    const first = chosenPorts(about, { receivers: known('shell>node/syn'), taken }, 0);
    const had = new Set(first.paths.flatMap(({ planned }) => planned.fromPorts ?? []));
    const second = chosenPorts(about, { receivers: known('shell>node/syn'), taken: new Map([['shell', had]]) }, 0);
    const ports = second.paths.flatMap(({ planned }) => planned.fromPorts ?? []);
    assert.ok(ports.length > 0 && ports.every((port) => !had.has(port)));
  });

  test('each flow falls back on another port of its queue, in a block of ports that none of the first is in', () => {
    const changed = chosenPorts(about, { receivers: known('shell>node/syn'), taken }, 0.4);
    const { fromPorts = [], insteadPorts = [] } = at('shell>node/syn', changed).planned;
    const queueOf = (from: number): number =>
      queueByRss({ from: '172.16.33.44', to: '172.16.47.27', ports: { from, to: 9_876 } }, spread);
    assert.deepEqual(insteadPorts.map(queueOf), fromPorts.map(queueOf));
    const blocks = new Set(fromPorts.map((port) => Math.floor(port / 64)));
    assert.ok(insteadPorts.every((port) => !blocks.has(Math.floor(port / 64))));
    assert.equal(at('shell>nodeport/syn', changed).planned.insteadPorts?.length, 16);
  });

  test('which ports were taken meanwhile is said, and what stands in their place', () => {
    const changed = chosenPorts(about, { receivers: known('shell>node/syn'), taken }, 0.4);
    const own = changed.paths.filter(({ measured }) => measured.vantage === 'shell');
    const index = own.findIndex(({ measured }) => measured.name === 'shell>node/syn');
    const { fromPorts = [], insteadPorts = [] } = own[index]?.planned ?? {};
    const hello = (ports: readonly number[]) => ({
      paths: [{ path: index, interface: 'eth0', source: '172.16.33.44', sourcePorts: null, ports }],
    });
    const had = (...replaced: (number | undefined)[]) => fromPorts.map((port, flow) => replaced[flow] ?? port);
    assert.deepEqual(replacedPorts(own, hello(fromPorts)), []);
    assert.deepEqual(replacedPorts(own, hello(had(insteadPorts[0], insteadPorts[1]))), [
      'shell>node/syn: 2 of 24 source ports were taken meanwhile, and replaced 2 by others of the same choice',
    ]);
    assert.deepEqual(replacedPorts(own, hello(had(insteadPorts[0], 29_999))), [
      'shell>node/syn: 2 of 24 source ports were taken meanwhile, and replaced 1 by others of the same choice, 1 by arbitrary ones',
    ]);
  });

  test('24 vantages with a SYN path each have ports by the key, as many as had shares before', () => {
    const names = Array.from({ length: 24 }, (_, i) => `v${i}`);
    const many: Hosts = {
      vantages: {
        ...Object.fromEntries(names.map((name) => [name, { transport: 'netns' as const, name, overlay: false }])),
        bad: { transport: 'netns', name: 'bad', overlay: false },
      },
      targets: { node: { kind: 'node', address: '172.16.47.27', port: 9_876, vantage: 'bad' } },
      paths: names.map((from) => ({ from, to: 'node', probe: 'syn' as const })),
    };
    const crowd: BisectHosts = { hosts: many, paths: measuredPaths(many), notes: [] };
    const receivers = new Map(
      crowd.paths.map((path, i) => [path, { source: `172.16.40.${i + 1}`, machine: 'node', side }]),
    );
    assert.equal(crowd.paths.length, 24);
    const changed = chosenPorts(crowd, { receivers, taken }, 0.7);
    for (const { planned, measured } of changed.paths) {
      const [first, last] = changed.sourcePorts?.get(measured.vantage) ?? [0, 0];
      const ports = [...(planned.fromPorts ?? []), ...(planned.insteadPorts ?? []).filter((port) => port > 0)];
      assert.equal(planned.fromPorts?.length, 24, measured.name);
      assert.ok(ports.every((port) => port >= first && port <= last));
      assert.ok(last - Math.max(...ports) >= 650, 'a row for the fresh ones');
    }
  });

  test('taken are ports with a socket, and blocks that probers have claimed', () => {
    const tcp = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0',
    ].join('\n');
    const unix = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000000000000000: 00000002 00000000 00000000 0002 01 4711 @rxray-ports-12032',
      '0000000000000000: 00000002 00000000 00000000 0002 01 4712 @rxray-ids-1024',
      '0000000000000000: 00000002 00000000 00000000 0002 01 4713 /run/some',
    ].join('\n');
    assert.deepEqual([...takenPorts([tcp, ''], unix)], [8_080, ...Array.from({ length: 64 }, (_, i) => 12_032 + i)]);
  });
});
