import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { AgentLab, type LabAgent } from './agent-lab.js';
import { needsRoot } from './lab-probing.js';

/** SYNs to a node whose source port leaves that rest by four: as one of four receive queues would, they wait together. */
const oneOfFour = (address: string, rest: number): string =>
  `-p tcp --syn -d ${address} -m u32 --u32 0>>22&0x3C@0>>16&0x3=${rest}`;
/** So long that the usual probes, of which one flow of four comes every quarter of a second, see it. */
const TIMES = { periodMs: 3_000, lengthMs: 900 };

suite('a closer look that knows which flows share a queue', needsRoot, () => {
  const lab = new AgentLab('rxfl', 2);
  const [one, two] = lab.agents as [LabAgent, LabAgent];
  const address = lab.address(two.node);

  before(async () => {
    lab.up();
    await lab.startAll();
  });
  after(() => lab.down());

  test('keeps two of a queue that stalls, and a few others', async () => {
    lab.faults.beginOnRouter(TIMES, oneOfFour(address, 1));
    await lab.until(async () => one.log.includes('goes on with'), 120_000);
    assert.match(one.log, /the closer look at node-2 goes on with \d+ flows of 33: it is known which share a queue/);
  });

  test('notices that they are grouped otherwise, and goes back to all', async () => {
    await lab.faults.end();
    lab.faults.beginOnRouter(TIMES, oneOfFour(address, 2), oneOfFour(address, 3));
    await lab.until(async () => one.log.includes('with all flows'), 120_000);
    assert.match(one.log, /the closer look at node-2 goes on with all flows: flows that had passed are held/);
    assert.doesNotMatch(one.log, /is started again/);
    assert.equal((await lab.metric(one, 'agent_helper_restarts_total')).get('process="escalation"'), 0);
  });
});
