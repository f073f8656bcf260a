import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before } from 'node:test';
import { createRequestEngine, REQUEST_PROGRAM } from '../../src/engines/request-engine.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { nodeTransport } from '../../src/transports/local/node-transport.js';
import { loopbackPlan } from '../transports/loopback-plan.js';
import { engineContract } from './engine-contract.js';

const SLOW_MS = 400;

let server: Server;
const silent = createTcpServer((socket) => socket.on('error', () => {}).resume());

before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), SLOW_MS);
    else response.end('at once');
  });
  await Promise.all([server, silent].map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))));
});
after(() => {
  server.closeAllConnections();
  server.close();
  silent.close();
});

function asking(path: string, port = portOf(server)): Partial<PlannedPath> & Pick<PlannedPath, 'protocol'> {
  return {
    protocol: 'http',
    port,
    flows: 1,
    request: {
      kind: 'http',
      url: `http://127.0.0.1:${port}${path}`,
      method: 'GET',
      headers: [],
      keepAlive: false,
      version: '1.1',
      insecure: false,
      lookup: false,
    },
  };
}

const portOf = (one: { address(): AddressInfo | string | null }): number => (one.address() as AddressInfo).port;

engineContract('request', () => ({
  engine: createRequestEngine(nodeTransport(REQUEST_PROGRAM)),
  plan: (overrides = {}) => {
    const plan = loopbackPlan();
    const paths = plan.paths.map((path) => ({ ...path, name: 'vantage>loopback/http', ...asking('/') }));
    return { ...plan, paths, ...overrides };
  },
  capabilities: {
    virtualTime: false,
    flows: 0,
    freshPorts: { skip: 'each request has a port of its own anyway' },
    closedPort: { skip: 'a request that is refused has failed' },
    unanswered: asking('/', portOf(silent)),
    icmp: { skip: 'requests alone' },
    delayReply: asking('/slow'),
    unsupported: [{ timestamps: 'hw' }, { timestamps: 'kernel' }, { paths: [] }, { paths: loopbackPlan().paths }],
  },
}));
