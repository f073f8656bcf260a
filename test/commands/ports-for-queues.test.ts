import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_RSS_KEY, evenTable, queueByRss } from '../../src/bisect/paths/toeplitz.js';
import type { BisectHosts } from '../../src/commands/bisect/bisect-hosts.js';
import { portShares } from '../../src/commands/bisect/port-shares.js';
import { chosenPorts, type KnownReceiver } from '../../src/commands/bisect/ports-for-queues.js';
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
        const ports = own.flatMap(({ planned }) => planned.fromPorts ?? []);
        assert.ok(own.every(({ planned }) => hasPorts(planned.protocol) === (planned.fromPorts !== undefined)));
        assert.ok(Math.max(...ports) - Math.min(...ports) < 4_096);
        assert.ok(ports.every((port) => port >= first && port <= last));
        assert.deepEqual(portShares(byVantage.map((all) => all.map(({ planned }) => planned)))[index], [first, last]);
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
