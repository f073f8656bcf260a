import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { why } from '../../src/commands/fleet/why.js';
import { CodedError } from '../../src/model/errors.js';
import { SECOND } from '../../src/model/time.js';
import { agentLines } from '../survey/sim/agent-lines.js';
import { nodeName, simulateFleet } from '../survey/sim/fleet-model.js';
import { drawFleet } from '../survey/sim/fleet-trial.js';
import { fakeIo } from './fake-io.js';

const NODES = 30;
const simulated = simulateFleet({ ...drawFleet('sender', 3, NODES), churn: 0, hiccups: 0, strays: 0 });
const [fault] = simulated.model.faults;
const bad = fault !== undefined && 'node' in fault ? fault.node : -1;
const healthy = (bad + 1) % NODES;

let server: Server;
let agents = '';

before(async () => {
  server = createServer((request, response) => {
    const node = Number(/^\/node-(\d+)\/findings$/.exec(request.url ?? '')?.[1]);
    response.end(agentLines(simulated, node, Date.now() / 1000, 0));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  agents = Array.from({ length: NODES }, (_, node) => `${base}/${nodeName(node)}`).join(',');
});
after(() => server.close());

const options = (node: string) => ({
  prometheus: undefined,
  agents,
  httpConfig: undefined,
  headers: {},
  windowNs: 600 * SECOND,
  timeoutNs: 5 * SECOND,
  node,
  hosts: undefined,
  live: true,
  liveNs: SECOND,
  json: false,
});

describe('why, from what the agents around a node have seen', () => {
  test('a bad node: cause, evidence, lines to run, and how to get at the process', async () => {
    const fake = fakeIo();
    assert.equal(await why(options(nodeName(bad)), fake.io), 1);
    const text = fake.out();
    assert.match(text, new RegExp(`^WHY {4}${nodeName(bad)}: its fault`));
    assert.match(text, /BAD {6}node-\d+ \(zone .\): sender, probability/);
    assert.match(text, new RegExp(`kubectl cordon ${nodeName(bad)}\n`));
    assert.match(text, new RegExp(`rxray discover --around ${nodeName(bad)} > hosts.yaml`));
    assert.doesNotMatch(text, /rxray why/);
  });

  test('a neighbour of it is not blamed', async () => {
    const fake = fakeIo();
    assert.equal(await why(options(nodeName(healthy)), fake.io), 0);
    assert.match(fake.out(), /nothing that was seen points at it/);
  });

  test('what keeps from finding vantages is told, and what was recorded is judged all the same', async () => {
    const fake = fakeIo();
    const find = () =>
      Promise.reject(new CodedError('E_NODE', 'the cluster has no node-7', 'see kubectl get nodes', 2));
    assert.equal(await why({ ...options(nodeName(bad)), find }, fake.io), 1);
    assert.match(fake.err(), /nothing is measured: the cluster has no node-7; see kubectl get nodes/);
    assert.match(fake.out(), /: its fault/);
  });

  test('without a live measurement nobody looks for vantages', async () => {
    const find = () => Promise.reject(new Error('looked for'));
    assert.equal(await why({ ...options(nodeName(bad)), live: false, find }, fakeIo().io), 1);
  });

  test('a node that nobody knows', async () => {
    await assert.rejects(why(options('node-00l1'), fakeIo().io), /no agent knows a node node-00l1/);
  });

  test('as NDJSON', async () => {
    const fake = fakeIo();
    await why({ ...options(nodeName(bad)), json: true }, fake.io);
    const lines = fake
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ type }) => type),
      ['fleet-run', 'node-verdict', 'fleet-verdict'],
    );
    assert.equal(lines[1].cause, 'sender');
  });
});
