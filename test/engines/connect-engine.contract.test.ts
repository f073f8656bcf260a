import { after, before, test } from 'node:test';
import { CONNECT_PROGRAM, createConnectEngine } from '../../src/engines/connect-engine.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { CLOSED_PORT, ContractNamespace, OPEN_PORT, SILENT_PORT, SLOW_ADDRESS } from './contract-namespace.js';
import { engineContract } from './engine-contract.js';
import { UNPRIVILEGED } from './unprivileged.js';

if (process.getuid?.() === 0) {
  const namespace = new ContractNamespace(`rxray-connect-${process.pid}`);
  before(async () => {
    await namespace.up();
    namespace.allowPings();
  });
  after(() => namespace.down());

  engineContract('connect, without privilege', () => ({
    engine: createConnectEngine(
      nodeTransport(CONNECT_PROGRAM, { netns: namespace.name, through: [...UNPRIVILEGED, findHelper('rxray-icmp')] }),
    ),
    plan: (overrides = {}) => loopbackPlan(overrides, OPEN_PORT),
    capabilities: {
      virtualTime: false,
      closedPort: { port: CLOSED_PORT },
      unanswered: { port: SILENT_PORT },
      icmp: {},
      delayReply: { address: SLOW_ADDRESS },
      unsupported: [{ timestamps: 'hw' }, { timestamps: 'kernel' }, { paths: [] }],
    },
  }));
} else {
  test('engine contract: connect', { skip: 'makes a network namespace: needs root' }, () => {});
}
