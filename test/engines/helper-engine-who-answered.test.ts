import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Engine } from '../../src/engines/engine.js';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../src/engines/portable-engine.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { MS } from '../../src/model/time.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { collect } from './collected-run.js';
import { ROUTER_ADDRESS, RoutedNamespaces, TARGET_ADDRESS } from './routed-namespaces.js';

const skip = process.getuid?.() === 0 ? undefined : 'makes network namespaces: needs root';
const UDP_PORT = 33_434;
const SYN_PORT = 81;

const engines: [name: string, create: (netns: string) => Engine][] = [
  ['helper', (netns) => createHelperEngine(netnsTransport(netns))],
  ['portable', (netns) => createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns }))],
];

suite('who answered', { ...(skip && { skip }) }, () => {
  const net = new RoutedNamespaces(`rxray-answered-${process.pid}`);
  before(() => net.up());
  after(() => net.down());

  const path = (change: Partial<PlannedPath>): PlannedPath => ({
    name: `a>b/${change.protocol}`,
    protocol: 'icmp',
    address: TARGET_ADDRESS,
    flows: 1,
    freshPerSecond: 0,
    intervalNs: 100 * MS,
    ...change,
  });
  const paths = [path({ protocol: 'udp', port: UDP_PORT }), path({ protocol: 'syn', port: SYN_PORT })];

  for (const [name, create] of engines) {
    test(`${name}: the target's own refusals are replies`, async () => {
      const run = await collect(create(net.prober).start(loopbackPlan({ paths, count: 5 })));
      const [udp, syn] = [run.final(0), run.final(1)];
      // The kernel limits its ICMP errors to some a second.
      const answered = udp.filter(({ outcome }) => outcome === 'reply');
      assert.ok(answered.length >= 1, JSON.stringify(udp.map(({ outcome }) => outcome)));
      for (const { reply, router } of answered) assert.deepEqual([reply, router], ['unreachable', undefined]);
      for (const { outcome, reply } of syn) assert.deepEqual([outcome, reply], ['reply', 'rst']);
    });

    test(`${name}: those of a router's rule are errors, with its address, type and code`, async () => {
      const rule = `FORWARD -d ${TARGET_ADDRESS} -j REJECT`;
      net.in(net.router, `iptables -I ${rule}`);
      try {
        const run = await collect(create(net.prober).start(loopbackPlan({ paths, count: 5 })));
        for (const index of [0, 1]) {
          const errors = run.final(index).filter(({ outcome }) => outcome === 'error');
          assert.ok(errors.length >= 1, JSON.stringify(run.final(index).map(({ outcome }) => outcome)));
          for (const { reply, icmp, router } of errors)
            assert.deepEqual([reply, icmp, router], ['unreachable', [3, 3], ROUTER_ADDRESS]);
          assert.equal(run.totals[index]?.received, 0, 'a router is not the target');
        }
      } finally {
        net.in(net.router, `iptables -D ${rule}`);
      }
    });
  }
});
