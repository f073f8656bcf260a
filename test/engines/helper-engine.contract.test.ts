import { after, before, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { CLOSED_PORT, ContractNamespace, OPEN_PORT, SILENT_PORT, SLOW_ADDRESS } from './contract-namespace.js';
import { engineContract } from './engine-contract.js';

if (process.getuid?.() === 0) {
  const namespace = new ContractNamespace(`rxray-contract-${process.pid}`);
  before(() => namespace.up());
  after(() => namespace.down());

  engineContract('helper', () => ({
    engine: createHelperEngine(netnsTransport(namespace.name)),
    plan: (overrides = {}) => loopbackPlan(overrides, OPEN_PORT),
    capabilities: {
      virtualTime: false,
      closedPort: { port: CLOSED_PORT },
      unanswered: { port: SILENT_PORT },
      icmp: {},
      delayReply: { address: SLOW_ADDRESS },
      unsupported: [{ timestamps: 'hw' }, { paths: [] }],
    },
  }));
} else {
  test('engine contract: helper', { skip: 'makes a network namespace: needs root' }, () => {});
}
