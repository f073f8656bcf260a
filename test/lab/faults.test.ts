import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FaultOptions } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn, faultsOn } from '../../src/lab/faults.js';
import { isGap, isStall, machineGaps, readTruth } from '../../src/lab/truth.js';
import { probe } from './capture.js';
import { FaultLab, faultsMissing, isStaircase, node, nodeport, ONE_STALL, pingBad, pingExternal } from './fault-lab.js';

const NAME = 'rxray-faults';
const LAB = { name: NAME };
const lab = new FaultLab(NAME);
const silent = (): void => {};

/** Faults that hold packets and take no CPU are in holding-faults.test.ts. */
describe('faults that take a CPU stall what they should and nothing else', { skip: faultsMissing }, () => {
  before(() => lab.up());
  after(() => lab.down());

  it('rx-queue: only source ports of that queue, and they are released together', async () => {
    const { seen, stalls } = await lab.inject('rx-queue', { queue: 2 }, [
      {
        from: 'shell',
        probes: [node(lab.portOn(2)), node(lab.portOn(2, 1)), node(lab.portOn(0)), node(lab.portOn(3))],
      },
    ]);
    lab.hit(seen[0]?.[0], 'a port on queue 2');
    lab.hit(seen[0]?.[1], 'another port on queue 2');
    assert.ok(isStaircase(seen[0]?.[0]));
    lab.clean(seen[0]?.[2], 'a port on queue 0');
    lab.clean(seen[0]?.[3], 'a port on queue 3');
    assert.equal(stalls[0]?.queue, 2);
    assert.equal(stalls[0]?.threadSwitches, 0);
  });

  it('host: every queue of bad, nothing of another host', async () => {
    const { seen } = await lab.inject('host', {}, [
      {
        from: 'shell',
        probes: [node(lab.portOn(0)), node(lab.portOn(1)), node(lab.portOn(2)), node(lab.portOn(3)), pingExternal],
      },
    ]);
    for (const queue of [0, 1, 2, 3]) {
      lab.hit(seen[0]?.[queue], `a port on queue ${queue}`);
    }
    lab.clean(seen[0]?.[4], 'external');
  });

  it('softirq: packets steered to the CPU whose softirqs a named process holds off', async () => {
    const { seen, stalls } = await lab.inject('softirq', {}, [
      { from: 'shell', probes: [node(lab.portOn(0)), pingBad, pingExternal] },
    ]);
    lab.hit(seen[0]?.[0], 'node');
    lab.hit(seen[0]?.[1], 'node by ICMP');
    lab.clean(seen[0]?.[2], 'external');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('starved: one queue, held by an ordinary process', async () => {
    const { seen, stalls } = await lab.inject('starved', { queue: 1 }, [
      { from: 'shell', probes: [node(lab.portOn(1)), node(lab.portOn(0))] },
    ]);
    lab.hit(seen[0]?.[0], 'a port on queue 1');
    lab.clean(seen[0]?.[1], 'a port on queue 0');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('sender: every path of that vantage, none of another', async () => {
    const { seen, stalls } = await lab.inject('sender', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    lab.hit(seen[0]?.[0], 'shell to bad');
    lab.hit(seen[0]?.[1], 'shell to external');
    lab.clean(seen[1]?.[0], 'client to bad');
    assert.equal(stalls[0]?.host, 'shell');
  });

  it('two at once: each holds what it holds alone', async () => {
    const handles = await Promise.all([
      faultOn('rx-queue', { ...ONE_STALL, queue: 3, periodMs: [400, 400], lab: LAB }, silent),
      faultOn('nat', { ...ONE_STALL, periodMs: [700, 700], lab: LAB }, silent),
    ]);
    const [seen] = await Promise.all([
      probe(NAME, 'shell', [node(lab.portOn(3)), nodeport, node(lab.portOn(0))]),
      ...handles.map((handle) => faultEnd(handle)),
    ]);
    await faultOff('all', LAB);
    lab.hit(seen[0], 'a port on queue 3');
    lab.hit(seen[1], 'nodeport');
    lab.clean(seen[2], 'a port on queue 0');
    assert.deepEqual(await faultsOn(LAB), []);
  });

  it('the same seed gives the same lengths, and the gap log knows them from pauses of the machine', async () => {
    const lengths = async (): Promise<number[]> => {
      const options: FaultOptions = { count: 4, periodMs: [40, 60], lengthMs: [5, 30], seed: 11, queue: 0 };
      const handle = await faultOn('rx-queue', { ...options, lab: LAB }, silent);
      return (await faultEnd(handle)).map(({ requestedNs }) => requestedNs);
    };
    const first = await lengths();
    assert.equal(new Set(first).size, 4);
    assert.deepEqual(await lengths(), first);
    const stalls = lab.state.truthLogs().flatMap((path) => readTruth(path).filter(isStall));
    const gaps = readTruth(lab.state.gapLog).filter(isGap);
    assert.ok(machineGaps(gaps, stalls).length <= gaps.length);
  });
});
