import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { tracingPlace } from '../../src/model/vantage.js';
import { transportFor } from '../../src/transports/transport-for.js';

const HOSTS = `
vantages:
  shell:  { transport: local }
  client: { transport: ssh, host: ops@kube-node-client, overlay: true }
  bad:    { transport: kubectl, namespace: rxray, pod: rxray-x7k2 }
  traced: { transport: kubectl, namespace: rxray, pod: rxray-probe-x7k2, container: agent, tracer: rxray-trace-8hd2 }
  a:      { transport: netns, name: lab-client }
targets: {}
`;

suite('the transport to a vantage of hosts.yaml', () => {
  const { vantages } = parseHosts(HOSTS, 'hosts.yaml');
  for (const [name, place] of [
    ['shell', 'this host'],
    ['client', 'ops@kube-node-client'],
    ['bad', 'pod rxray/rxray-x7k2'],
    ['a', 'network namespace lab-client'],
  ] as const) {
    test(`${name} is ${place}`, () => {
      const vantage = vantages[name];
      assert.ok(vantage);
      assert.equal(transportFor(vantage).place, place);
    });
  }

  test('its kernel is asked where it is probed from, or by the pod that may', () => {
    for (const [name, place] of [
      ['client', 'ops@kube-node-client'],
      ['bad', 'pod rxray/rxray-x7k2'],
      ['traced', 'pod rxray/rxray-trace-8hd2'],
    ] as const) {
      const vantage = vantages[name];
      assert.ok(vantage);
      assert.equal(transportFor(tracingPlace(vantage)).place, place);
    }
  });

  for (const name of ['shell', 'a']) {
    test(`${name} has the clock of this host`, async () => {
      const vantage = vantages[name];
      assert.ok(vantage);
      assert.deepEqual(await transportFor(vantage).exchangeClock?.(), { offsetNs: 0, uncertaintyNs: 0 });
    });
  }
});
