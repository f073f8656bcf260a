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
    // All that had passed: whichever of them are kept.
    lab.faults.beginOnRouter(TIMES, ...[0, 2, 3].map((rest) => oneOfFour(address, rest)));
    await lab.until(async () => one.log.includes('with all flows'), 120_000);
    // By its own stalls or by those of the usual probes, whichever of the two tell it first.
    assert.match(
      one.log,
      /the closer look at node-2 goes on with all flows: (flows that had passed are held|3 stalls held none of the flows)/,
    );
    // Each prober found its ports free: the one before had ended.
    assert.doesNotMatch(one.log, /the escalation is started again/);
  });
});
