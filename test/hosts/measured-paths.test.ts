import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import { hostsFile } from '../../src/lab/hosts-file.js';
import { stageKey } from '../../src/model/stage.js';

const paths = measuredPaths(parseHosts(hostsFile('lab'), 'hosts.yaml'));

function stages(name: string): { out: string; back: string } {
  const path = paths.find((candidate) => candidate.measured.name === name);
  assert.ok(path, `no path ${name} among ${paths.map((candidate) => candidate.measured.name).join(' ')}`);
  return { out: path.measured.out.map(stageKey).join(' '), back: path.measured.back.map(stageKey).join(' ') };
}

test('from outside to a node: network and receive queues, the reply to the own queues', () => {
  assert.deepEqual(stages('shell>node/icmp'), {
    out: 'sender@shell network@node+shell rx-queue@node',
    back: 'network@node+shell sender@shell',
  });
});

test('from a node to a pod on another: the tunnel both ways, and a probed machine at both ends', () => {
  assert.deepEqual(stages('client>pod/icmp'), {
    out: 'sender@node-remote ipip@node+node-remote network@node+node-remote rx-queue@node pod@node',
    back: 'pod@node ipip@node+node-remote network@node+node-remote rx-queue@node-remote',
  });
});

test('the tunnel goes by its own name', () => {
  for (const overlay of ['vxlan', 'geneve', 'wireguard'] as const) {
    const hosts = parseHosts(hostsFile('lab', { overlay }), 'hosts.yaml');
    const path = measuredPaths(hosts).find(({ measured }) => measured.name === 'client>pod/syn');
    assert.deepEqual(path?.measured.out[1], { kind: overlay, machines: ['node', 'node-remote'] });
  }
});

test('a NodePort with its pod on the same node: NAT, no tunnel', () => {
  assert.deepEqual(stages('shell>nodeport/syn'), {
    out: 'sender@shell network@node+shell rx-queue@node nat@node pod@node',
    back: 'pod@node nat@node network@node+shell sender@shell',
  });
});

test('a NodePort with its pod on another node: through the tunnel, and back through the first node', () => {
  assert.deepEqual(stages('shell>nodeport-remote/syn'), {
    out: 'sender@shell network@node+shell rx-queue@node nat@node ipip@node+node-remote network@node+node-remote rx-queue@node-remote pod@node-remote',
    back: 'pod@node-remote ipip@node+node-remote network@node+node-remote rx-queue@node nat@node network@node+shell sender@shell',
  });
});

test('from the suspect outwards: its receive queues hold the replies', () => {
  assert.deepEqual(stages('bad>external/icmp'), {
    out: 'sender@node network@external+node rx-queue@external',
    back: 'network@external+node rx-queue@node',
  });
});

test('pods are probed from overlay vantages only, and no machine probes itself', () => {
  const names = paths.map((path) => path.measured.name);
  assert.deepEqual(
    names.filter((name) => /^(shell|external)>pod/.test(name)),
    [],
  );
  assert.deepEqual(
    names.filter((name) => /^bad>(node|pod|nodeport)\//.test(name)),
    [],
  );
  assert.deepEqual(
    names.filter((name) => /^client>(node-remote|pod-remote|nodeport-remote)\//.test(name)),
    [],
  );
});

test('no address gets more than 1,000 packets a second from all vantages together', () => {
  const load = new Map<string, number>();
  for (const { planned } of paths) {
    load.set(planned.address, (load.get(planned.address) ?? 0) + 1e9 / planned.intervalNs + planned.freshPerSecond);
  }
  for (const [address, packets] of load) assert.ok(packets <= 1_000, `${packets} to ${address}`);
});

test('nor from twelve vantages whose paths are all asked for, fresh ports included', () => {
  const vantages = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`v${i}`, { transport: 'netns', name: `n${i}` }]),
  );
  const hosts = parseHosts(
    JSON.stringify({
      vantages,
      targets: { external: { kind: 'external', address: '192.0.2.9', port: 9876 } },
      paths: Object.keys(vantages).map((from) => ({ from, to: 'external', probe: 'syn' })),
    }),
    'hosts.yaml',
  );
  const packets = measuredPaths(hosts).reduce(
    (sum, { planned }) => sum + 1e9 / planned.intervalNs + planned.freshPerSecond,
    0,
  );
  assert.ok(packets > 900 && packets <= 1_000, `${packets} packets/s`);
});

test('each target is probed from two vantages where two can', () => {
  const vantagesOf = (target: string): string[] => [
    ...new Set(paths.filter((path: HostsPath) => path.measured.target === target).map((path) => path.measured.vantage)),
  ];
  assert.deepEqual(vantagesOf('node'), ['shell', 'client']);
  assert.deepEqual(vantagesOf('external'), ['client', 'bad']);
});

test('named paths are taken as they are', () => {
  const named = measuredPaths(
    parseHosts(`${hostsFile('lab')}paths:\n  - { from: shell, to: nodeport, probe: syn }\n`, 'hosts.yaml'),
  );
  assert.deepEqual(
    named.map((path) => path.measured.name),
    ['shell>nodeport/syn'],
  );
});

const machinesOf = (targets: string) => {
  const text = `vantages:\n  here: { transport: local }\n  bad: { transport: netns, name: x }\ntargets:\n${targets}`;
  const chosen = measuredPaths(parseHosts(text, 'hosts.yaml')).filter(({ measured }) => measured.vantage === 'here');
  return Object.fromEntries(chosen.map(({ measured }) => [measured.name, measured.answeredBy]));
};

test('targets with one address are one machine, and the one that has a vantage stands for it', () => {
  const machines = machinesOf(
    '  web: { kind: node, address: 192.0.2.7, port: 443 }\n  node: { kind: node, address: 192.0.2.7, vantage: bad }\n' +
      '  port: { kind: nodeport, address: 192.0.2.7, port: 30000 }\n',
  );
  assert.deepEqual(machines, {
    'here>web/icmp': 'node',
    'here>web/syn': 'node',
    'here>node/icmp': 'node',
    'here>node/syn': 'node',
    'here>port/syn': 'node',
  });
});

test('a second address of a machine is that machine, for the pods on it too', () => {
  const machines = machinesOf(
    '  node: { kind: node, address: 192.0.2.7 }\n  inside: { kind: node, address: 192.0.2.107, node: node }\n' +
      '  port: { kind: nodeport, address: 192.0.2.107, port: 30000, node: node, backends: 2 }\n',
  );
  assert.deepEqual(new Set(Object.values(machines)), new Set(['node']));
});

test('pods behind a port and the address of the target are known of each path', () => {
  const text =
    'vantages: { here: { transport: local } }\ntargets:\n' +
    '  port: { kind: nodeport, address: 192.0.2.107, port: 30000, backends: 2 }\n';
  const [path] = measuredPaths(parseHosts(text, 'hosts.yaml'));
  assert.equal(path?.measured.backends, 2);
  assert.equal(path?.measured.address, '192.0.2.107');
});

test('an interval that is wished for holds for packets, as far as the limit lets it', () => {
  const intervals = (wishedNs: number): number[] =>
    measuredPaths(parseHosts(hostsFile('lab'), 'hosts.yaml'), wishedNs).map((path) => path.measured.intervalNs);
  assert.deepEqual([...new Set(intervals(50e6))], [50e6]);
  assert.deepEqual(intervals(1), intervals(1e6), 'no shorter than the limit of packets to one address');
  assert.ok(Math.min(...intervals(1)) >= 1e6);
});
