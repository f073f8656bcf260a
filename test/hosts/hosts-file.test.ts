import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultGateway } from '../../src/hosts/default-gateway.js';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { CodedError } from '../../src/model/errors.js';

const example = `
vantages:
  shell:  { transport: local }
  client: { transport: ssh, host: ops@kube-node-client, overlay: true }
  bad:    { transport: kubectl, namespace: rxray, pod: rxray-x7k2, overlay: true }
  a:      { transport: netns, name: lab-client }
targets:
  node:     { kind: node,     address: 172.16.47.27, port: 9876, vantage: bad }
  pod:      { kind: pod,      address: 10.125.20.64, port: 8080, node: node, overlay: ipip }
  nodeport: { kind: nodeport, address: 172.16.47.27, port: 30927, node: node, pod: pod }
  external: { kind: external, address: 172.16.33.44, port: 9876 }
paths:
  - { from: shell, to: nodeport, probe: syn }
`;

test('the example of the documentation is understood', () => {
  const hosts = parseHosts(example, 'hosts.yaml');
  assert.deepEqual(Object.keys(hosts.vantages), ['shell', 'client', 'bad', 'a']);
  assert.deepEqual(hosts.targets.nodeport, {
    kind: 'nodeport',
    address: '172.16.47.27',
    port: 30927,
    node: 'node',
    pod: 'pod',
  });
  assert.deepEqual(hosts.paths, [{ from: 'shell', to: 'nodeport', probe: 'syn' }]);
});

for (const [what, change, expected] of [
  ['an unknown kind', ['kind: external', 'kind: server'], /^hosts\.yaml:11: targets\.external\.kind: /],
  [
    'an address that is a name',
    ['172.16.33.44', 'example.org'],
    /^hosts\.yaml:11: targets\.external\.address: .*numeric/,
  ],
  ['a port out of range', ['port: 30927', 'port: 70000'], /^hosts\.yaml:10: targets\.nodeport\.port: .*65535/],
  [
    'a node that is not there',
    ['node: node, overlay', 'node: nodee, overlay'],
    /^hosts\.yaml:9: targets\.pod\.node: no target of kind node is named nodee/,
  ],
  [
    'a vantage that is not there',
    ['vantage: bad', 'vantage: worse'],
    /^hosts\.yaml:8: targets\.node\.vantage: no vantage is named worse/,
  ],
  ['a key that is a typing error', ['overlay: ipip', 'overlya: ipip'], /^hosts\.yaml:9: targets\.pod: .*overlya/],
  ['YAML that is broken', ['targets:', 'targets: ['], /^hosts\.yaml:\d+: /],
] as const) {
  test(`${what} is refused with its line and key`, () => {
    assert.throws(
      () => parseHosts(example.replace(change[0], change[1]), 'hosts.yaml'),
      (error) => {
        assert.ok(error instanceof CodedError);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, expected);
        return true;
      },
    );
  });
}

test('the default gateway of the lowest metric is taken', () => {
  const routes = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  assert.deepEqual(defaultGateway(routes), { address: '192.168.1.254', interface: 'eth0' });
});

test('without a default route there is no gateway', () => {
  assert.equal(defaultGateway('Iface\tDestination\n'), undefined);
});
