import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { withUrl } from '../../src/hosts/with-url.js';

const MACHINES = `
vantages:
  here:  { transport: local }
  far:   { transport: ssh, host: ops@far }
  bad:   { transport: ssh, host: ops@bad }
targets:
  node:     { kind: node, address: 10.0.0.7, port: 9876, vantage: bad }
  nodeport: { kind: nodeport, address: 10.0.0.7, port: 30927, node: node }
`;
const names = (yaml: string, url: string, address: string): string[] => {
  const parsed = new URL(url);
  const hosts = withUrl(parseHosts(yaml, 'hosts.yaml'), parsed, { address, port: Number(parsed.port || 80) });
  return measuredPaths(hosts).map(({ measured, planned }) => `${measured.name} ${planned.port ?? ''}`.trim());
};

suite('a URL beside the paths of a hosts file', () => {
  test('is asked at the machine that has its address, and packets go to its port', () => {
    assert.deepEqual(names(MACHINES, 'http://10.0.0.7:8088/', '10.0.0.7'), [
      'here>node/icmp',
      'here>node/syn 8088',
      'here>node/http 8088',
      'far>node/icmp',
      'far>node/syn 8088',
      'here>nodeport/syn 30927',
      'far>nodeport/syn 30927',
    ]);
  });

  test('at a target of its own where the file has no such machine', () => {
    const all = names(MACHINES, 'http://10.0.0.9/', '10.0.0.9').filter((name) => name.includes('port-80'));
    assert.ok(all.includes('here>port-80/http 80') && all.includes('here>port-80/syn 80'), all.join(', '));
  });

  test('joins paths that are written down, from this host and never from its own machine', () => {
    const written = `${MACHINES}paths:\n  - { from: far, to: node, probe: icmp }\n  - { from: here, to: node, probe: syn }\n`;
    assert.deepEqual(names(written, 'http://10.0.0.7:8088/', '10.0.0.7'), [
      'far>node/icmp',
      'here>node/syn 8088',
      'here>node/http 8088',
    ]);
  });
});
