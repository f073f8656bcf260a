import { createSimEngine, makeScenario } from '../../src/engines/sim-engine.js';
import { MS, SECOND } from '../../src/model/time.js';
import { engineContract } from './engine-contract.js';
import { simPath, simPlan } from './sim-plan.js';

const scenario = makeScenario({
  network: { latency: '150us', jitter: { median: '20us' } },
  machines: {
    shell: { address: '172.16.47.1' },
    node: { address: '172.16.47.27', queues: 4, ports: { 9876: 'open', 9: 'silent' } },
    slow: { address: '172.16.47.28', ports: { 9876: 'open' }, answersIn: '300ms' },
  },
  vantages: { shell: { machine: 'shell', sendError: { median: '15us' } } },
});

engineContract('sim', () => ({
  engine: createSimEngine(scenario, 'shell'),
  plan: (overrides = {}) =>
    simPlan({
      paths: [simPath({ name: 'shell>node/syn', address: '172.16.47.27', port: 9876, flows: 4, intervalNs: 10 * MS })],
      count: 20,
      waitNs: SECOND,
      ...overrides,
    }),
  capabilities: {
    virtualTime: true,
    closedPort: { port: 81 },
    unanswered: { port: 9 },
    icmp: {},
    delayReply: { address: '172.16.47.28' },
    unsupported: [{ timestamps: 'hw' }, { paths: [] }],
  },
}));
