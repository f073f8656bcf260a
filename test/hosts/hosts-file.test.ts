import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultGateway } from '../../src/hosts/default-gateway.js';
import { HOSTS_EXAMPLE } from '../../src/hosts/hosts-example.js';
import { checkHostsText, parseHosts } from '../../src/hosts/hosts-file.js';
import { beginHosts } from '../../src/hosts/hosts-init.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
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
  [
    'pods behind what is no port',
    ['kind: external,', 'kind: external, backends: 2,'],
    /^hosts\.yaml:11: targets\.external\.backends: is the number of pods behind a nodeport or service/,
  ],
  [
    'no pod at all',
    ['port: 30927,', 'port: 30927, backends: 0,'],
    /^hosts\.yaml:10: targets\.nodeport\.backends: 0 is not a number from 1 to 1000/,
  ],
  [
    'a node that is its own machine',
    ['port: 9876, vantage: bad', 'port: 9876, node: node'],
    /^hosts\.yaml:8: targets\.node\.node: names the target that stands for the machine/,
  ],
  [
    'a key that is a typing error',
    ['overlay: ipip', 'overlya: ipip'],
    /^hosts\.yaml:9: targets\.pod\.overlya: unknown key; overlay\?$/,
  ],
  [
    'a tunnel that is none',
    ['overlay: ipip', 'overlay: gre'],
    /^hosts\.yaml:9: targets\.pod\.overlay: "gre": one of ipip, vxlan, geneve, wireguard$/,
  ],
  [
    'a vantage of another transport',
    ['transport: netns, name: lab-client', 'transport: netns, namespace: x'],
    /vantages\.a\.name: missing: a text\n.*vantages\.a\.namespace: unknown key|vantages\.a\.namespace: unknown key.*\n.*vantages\.a\.name: missing/,
  ],
  [
    'an unknown transport',
    ['transport: netns,', 'transport: nets,'],
    /vantages\.a.*"nets": one of local, ssh, netns, kubectl/,
  ],
  [
    'a name that objects have anyway',
    ['from: shell', 'from: toString'],
    /paths\.0\.from: no vantage is named toString/,
  ],
  [
    'a target that objects have anyway',
    ['to: nodeport', 'to: constructor'],
    /paths\.0\.to: no target is named constructor/,
  ],
  [
    'the same path twice',
    ['probe: syn }', 'probe: syn }\n  - { from: shell, to: nodeport, probe: syn }'],
    /^hosts\.yaml:14: paths\.1: shell>nodeport\/syn stands there twice/,
  ],
  ['a name that would be lost', ['shell:  {', '__proto__: {'], /vantages\.__proto__: "__proto__" is no name/],
  ['a name that no path can have', ['shell:  {', '"a>b": {'], /"a>b" is no name/],
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

test('all that is wrong is told at once, by line', () => {
  const { problems } = checkHostsText(
    'vantages:\n  here: { transport: ssh }\ntargets:\n  a: { kind: server, address: example.org }\n' +
      '  b: { kind: node, address: 10.0.0.1, port: 0, vantage: there }\npaths:\n  - { from: hre, to: b, probe: tcp }\n',
  );
  assert.deepEqual(
    problems.map(({ line, key, message }) => `${line} ${key}: ${message}`),
    [
      '2 vantages.here.host: missing: a text',
      '4 targets.a.kind: "server": one of node, pod, nodeport, service, external, control',
      '4 targets.a.address: "example.org" is not a numeric IPv4 or IPv6 address',
      '5 targets.b.port: 0 is not a number from 1 to 65535',
      '5 targets.b.vantage: no vantage is named there; here?',
      '7 paths.0.probe: "tcp": one of icmp, syn, ack, udp, http, dns',
      '7 paths.0.from: no vantage is named hre; here?',
    ],
  );
});

for (const [what, text, expected] of [
  ['an empty file', '', '1 targets: missing: a map of names'],
  ['an alias of nothing', 'targets: *nope\n', '1 : Unresolved alias'],
  ['a list', '- a\n', '1 : ["a"] is not'],
  ['a bomb of aliases', bomb(), '1 : Excessive alias count indicates a resource exhaustion attack'],
] as const) {
  test(`${what} is a problem, no exception`, () => {
    const [problem] = checkHostsText(text).problems;
    assert.ok(problem);
    assert.ok(`${problem.line} ${problem.key}: ${problem.message}`.startsWith(expected.slice(0, 5)), problem.message);
  });
}

function bomb(): string {
  const rows = Array.from(
    { length: 12 },
    (_, row) => `a${row}: &a${row} [${`*a${row - 1},`.repeat(row === 0 ? 0 : 12)}1]`,
  );
  return `${rows.join('\n')}\ntargets: {}\n`;
}

test('the example that rxray prints is understood, and gives paths from every vantage', () => {
  const hosts = parseHosts(HOSTS_EXAMPLE, 'example');
  const from = new Set(measuredPaths(hosts).map(({ measured }) => measured.vantage));
  assert.deepEqual([...from].sort(), ['bad', 'client', 'here']);
});

test('a file that was begun is understood: targets, machines by ssh, namespaces, pods', async () => {
  const places = ['192.0.2.7:443', 'ops@192.0.2.8', '2001:db8::1', 'netns:lab-shell', 'pod:rxray/agent-1'];
  const { text } = await beginHosts(places);
  const hosts = parseHosts(text, 'begun');
  assert.deepEqual(Object.keys(hosts.vantages), ['here', 'node-192-0-2-8', 'lab-shell', 'agent-1']);
  assert.deepEqual(
    Object.values(hosts.targets).map(({ kind, address, port, vantage }) => [kind, address, port, vantage]),
    [
      ['node', '192.0.2.7', 443, undefined],
      ['node', '192.0.2.8', undefined, 'node-192-0-2-8'],
      ['node', '2001:db8::1', undefined, undefined],
      ['control', '127.0.0.1', undefined, undefined],
    ],
  );
});
