import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fleet as fleetCommand } from '../../src/commands/fleet/fleet.js';
import { surveyFleet } from '../../src/commands/fleet/survey.js';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { CodedError } from '../../src/model/errors.js';
import { MS, SECOND } from '../../src/model/time.js';
import { fakeIo } from '../commands/fake-io.js';
import { buildWait } from '../correlate/build-wait.js';
import { agentLines } from '../survey/sim/agent-lines.js';
import { nodeName, simulateFleet } from '../survey/sim/fleet-model.js';
import { compare, drawFleet, expectedOf, type TrialKind } from '../survey/sim/fleet-trial.js';

const NODES = 40;
const folder = mkdtempSync(join(tmpdir(), 'rxray-agents-'));
let server: Server;
let base = '';
let lines: (node: number) => string = () => '';
let wanted = '';
/** How long an agent keeps what it says before it sends it. */
let keptMs: (node: number) => number = () => 0;
let tellsTime = false;

before(async () => {
  server = createServer((request, response) => {
    if (wanted !== '' && request.headers.authorization !== wanted) {
      response.writeHead(401).end('who are you?');
      return;
    }
    const node = Number(/^\/node-(\d+)\/findings$/.exec(request.url ?? '')?.[1] ?? Number.NaN);
    if (Number.isNaN(node)) response.writeHead(404).end();
    else {
      const said = lines(node);
      const ms = keptMs(node);
      if (tellsTime) response.setHeader('server-timing', `agent;dur=${ms}`);
      setTimeout(() => response.end(said), ms);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const options = (agents: string, httpConfig?: string) => ({
  prometheus: undefined,
  agents,
  httpConfig,
  headers: {},
  windowNs: 600 * SECOND,
  timeoutNs: 5 * SECOND,
});
const everyone = (): string => {
  const file = join(folder, 'agents.txt');
  const urls = Array.from({ length: NODES }, (_, node) => `${base}/${nodeName(node)}`);
  writeFileSync(file, `# all of them\n${urls.join('\n')}\n`);
  return file;
};

/** The lines of an agent, as if its kernel had shown who held packets back in each stall of what arrived. */
function traced(text: string): string {
  const culprit = judgeWait(buildWait({}));
  const [agent, ...others] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; node: string; release: number; started: number });
  const told = others
    .filter(({ type }) => type === 'inbound-finding')
    .map(({ node, release }) => ({ type: 'agent-culprit', node, start: release - 0.1, release, culprit }));
  const own = { ...agent, tier: 'trace', traced: { since: agent?.started, minNs: 10 * MS, lostEvents: 0 } };
  return [own, ...others, ...told].map((record) => `${JSON.stringify(record)}\n`).join('');
}

describe('a fleet that is asked itself', () => {
  for (const kind of ['none', 'one rx-queue', 'sender', 'overlay', 'zone pair', 'unnamed groups'] as TrialKind[]) {
    test(`${kind}: the verdict that a store gives, clocks being minutes apart`, async () => {
      wanted = '';
      const model = { ...drawFleet(kind, 3, NODES), churn: 0 };
      const simulated = simulateFleet(model);
      lines = (node) => agentLines(simulated, node, Date.now() / 1000, (node % 5) * 100);
      const survey = await surveyFleet(options(everyone()), new AbortController().signal);
      const { exact, causesRight } = compare(survey, expectedOf(model));
      assert.deepEqual({ exact, causesRight }, { exact: true, causesRight: true }, JSON.stringify(survey.verdict));
      assert.equal(survey.verdict.nodes, NODES);
    });
  }

  test('of an agent that was slow to answer, the clock of a second answer is taken', async (t) => {
    wanted = '';
    const asked = new Map<number, number>();
    const isSlow = (node: number): boolean => node % 3 !== 0;
    keptMs = (node) => {
      asked.set(node, (asked.get(node) ?? 0) + 1);
      return isSlow(node) && asked.get(node) === 1 ? 400 : 0;
    };
    t.after(() => {
      keptMs = () => 0;
    });
    const model = { ...drawFleet('one rx-queue', 3, NODES), churn: 0 };
    const simulated = simulateFleet(model);
    lines = (node) => agentLines(simulated, node, Date.now() / 1000, 0);
    const survey = await surveyFleet(options(everyone()), new AbortController().signal);
    const { exact, causesRight } = compare(survey, expectedOf(model));
    assert.deepEqual({ exact, causesRight }, { exact: true, causesRight: true }, JSON.stringify(survey.verdict));
    assert.equal(asked.size, NODES);
    for (const [node, times] of asked) if (isSlow(node)) assert.ok(times >= 2, nodeName(node));
  });

  test('what an agent takes to know who asks is not on the way: its clock is sure at once', async (t) => {
    wanted = '';
    let asked = 0;
    keptMs = () => {
      asked += 1;
      return 400;
    };
    tellsTime = true;
    t.after(() => {
      keptMs = () => 0;
      tellsTime = false;
    });
    const model = { ...drawFleet('one rx-queue', 3, NODES), churn: 0 };
    const simulated = simulateFleet(model);
    // Read when it is sent, as an agent does.
    lines = (node) => agentLines(simulated, node, (Date.now() + 400) / 1000, 0);
    const survey = await surveyFleet(options(everyone()), new AbortController().signal);
    const { exact, causesRight } = compare(survey, expectedOf(model));
    assert.deepEqual({ exact, causesRight }, { exact: true, causesRight: true }, JSON.stringify(survey.verdict));
    // Twice each where it is not told; where no process has a CPU, a few are long on the way indeed.
    assert.ok(asked >= NODES && asked < 1.5 * NODES, `${asked} questions to ${NODES}`);
  });

  test('the process is named by the agent of the bad node, where that traces its kernel', async () => {
    wanted = '';
    const model = { ...drawFleet('one rx-queue', 3, NODES), churn: 0 };
    const simulated = simulateFleet(model);
    const [bad] = expectedOf(model).bad.keys();
    lines = (node) => {
      const text = agentLines(simulated, node, Date.now() / 1000, 100);
      return nodeName(node) === bad ? traced(text) : text;
    };
    const { nodes } = await surveyFleet(options(everyone()), new AbortController().signal);
    const [verdict] = nodes;
    const told = [verdict?.node, verdict?.state, verdict?.culprit?.process];
    assert.deepEqual(told, [bad, 'bad', 'cadvisor'], JSON.stringify(verdict?.notes));
  });

  test('an agent that does not answer is told, and is known by those that probe it', async () => {
    wanted = '';
    const simulated = simulateFleet({ ...drawFleet('none', 3, NODES), churn: 0 });
    lines = (node) => (node === 4 ? 'no record\n' : agentLines(simulated, node, Date.now() / 1000, 0));
    const { verdict } = await surveyFleet(options(everyone()), new AbortController().signal);
    assert.deepEqual(verdict.blind, [nodeName(4)]);
    assert.match(verdict.quality.notes.join(), /node-0004\/findings is no agent of rxray/);
  });

  test('credentials come from a file and appear nowhere', async () => {
    const simulated = simulateFleet({ ...drawFleet('none', 3, NODES), churn: 0 });
    lines = (node) => agentLines(simulated, node, Date.now() / 1000, 0);
    wanted = `Basic ${Buffer.from('watch:s3cret').toString('base64')}`;
    const config = join(folder, 'access.yaml');
    writeFileSync(join(folder, 'password'), 's3cret\n');
    writeFileSync(config, `basic_auth:\n  username: watch\n  password_file: ${join(folder, 'password')}\n`);
    const fake = fakeIo();
    const status = await fleetCommand(
      {
        ...options(everyone(), config),
        json: true,
        quiet: false,
        output: undefined,
        watch: false,
        events: false,
        ascii: false,
      },
      fake.io,
    );
    assert.equal(status, 0, fake.err());
    assert.ok(!fake.out().includes('s3cret') && !fake.err().includes('s3cret'));
    await assert.rejects(surveyFleet(options(everyone()), new AbortController().signal), (error) => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, 'E_FORBIDDEN');
      assert.match(error.remedy, /--http-config/);
      return true;
    });
  });

  test('an agent that never answers costs no more than the timeout', async () => {
    const silent = createServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const began = performance.now();
    await assert.rejects(
      surveyFleet({ ...options(url), timeoutNs: 300 * MS }, new AbortController().signal),
      /did not answer within 0.3 s/,
    );
    assert.ok(performance.now() - began < 3000);
    silent.closeAllConnections();
    silent.close();
  });
});
