import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBusyLoops } from '../bench/busy-loops.js';
import { assertNobodyAccused } from '../verdicts/innocent.js';
import { FleetLab } from './fleet-lab.js';
import { accusations } from './kill-rounds.js';
import { needsRoot } from './lab-probing.js';

const BAD = 'node-3';
const PERIOD_MS = 2_100;
const STALLS = 6;
/** What the kernel and the detectors take until the last stall is told. */
const TOLD_MS = 3_000;

suite('a fleet of three, one node of which is made bad', needsRoot, () => {
  // With two neighbours instead of ten each is probed as often as ten would.
  const lab = new FleetLab('rxf3', 3, { traced: [BAD], config: 'probe: { interval: 15ms }\n' });

  before(async () => {
    lab.up();
    await lab.startAll();
    // The usual RTT of each path is known by then.
    await sleep(6_000);
  });
  after(() => lab.down());

  test('nobody is accused while nothing is wrong', async () => {
    const { nodes, links, verdict } = await lab.fleet(...lab.byAgents, '--window', '2m');
    assert.deepEqual([verdict.cause, nodes, links], ['healthy', [], []], JSON.stringify(nodes));
  });

  test('nor while all CPUs are busy for six seconds', async () => {
    const loops = startBusyLoops(6);
    await sleep(6_000);
    await loops.stop();
    await sleep(TOLD_MS);
    assertNobodyAccused(await accusations(lab));
  });

  test('that node alone is named, with its cause and the process', async () => {
    lab.faults.begin(BAD, 'host', { periodMs: PERIOD_MS });
    await sleep(STALLS * PERIOD_MS);
    await lab.faults.end();
    await sleep(TOLD_MS);
    const { status, nodes, verdict } = await lab.fleet(...lab.byAgents, '--window', '2m');
    assert.deepEqual([status, verdict.bad, verdict.suspects], [1, [BAD], []], JSON.stringify(nodes));
    const [node] = nodes;
    assert.ok([node?.cause, ...(node?.indistinguishable ?? [])].includes('host'), JSON.stringify(node));
    assert.equal(node?.culprit?.process, 'rxray-lab-hog', JSON.stringify(node?.notes));
    assert.ok((node?.culprit?.incidents.length ?? 0) >= STALLS / 2);
  });

  test('why says it of that node in words, and clears the others', async () => {
    const why = await lab.rxray('why', BAD, ...lab.byAgents, '--window', '2m');
    assert.equal(why.status, 1);
    assert.match(why.text, /^WHY {4}node-3: its fault$/m);
    assert.match(why.text, /^CULPRIT {2}rxray-lab-hog\[\d+\] on CPU 1 of node-3 \(kthread-starved\)$/m);
    assert.match(why.text, /kubectl cordon node-3/);
    const other = await lab.rxray('why', 'node-1', ...lab.byAgents, '--window', '2m');
    assert.equal(other.status, 0, other.text);
  });

  test('the exposition of the traced node names the process', async () => {
    const agent = lab.agents.find(({ node }) => node === BAD);
    assert.ok(agent);
    const named = await lab.metric(agent, 'culprit_info');
    assert.ok(
      [...named.keys()].some((labels) => labels.includes('process="rxray-lab-hog"')),
      `${[...named.keys()]}`,
    );
    const waited = await lab.metric(agent, 'kernel_wait_seconds_total');
    assert.ok((waited.get('class="kthread-starved"') ?? 0) > 0.5, `${[...waited]}`);
  });
});
