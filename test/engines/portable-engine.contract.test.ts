import { after, before, test } from 'node:test';
import { loadModules } from '../../src/engines/portable/modules.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../src/engines/portable-engine.js';
import { CodedError } from '../../src/model/errors.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { CLOSED_PORT, ContractNamespace, OPEN_PORT, SILENT_PORT, SLOW_ADDRESS } from './contract-namespace.js';
import { engineContract } from './engine-contract.js';

const missing = whyNot();

if (missing === undefined) {
  const namespace = new ContractNamespace(`rxray-portable-${process.pid}`);
  before(() => namespace.up());
  after(() => namespace.down());

  engineContract('portable', () => ({
    engine: createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns: namespace.name })),
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
  test('engine contract: portable', { skip: missing }, () => {});
}

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'makes a network namespace: needs root';
  try {
    loadModules();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}
