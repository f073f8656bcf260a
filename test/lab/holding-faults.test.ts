import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HOST_ADDRESS, NODEPORT_SPREAD, POD_NETWORK, PODS } from '../../src/lab/addresses.js';
import type { FaultOptions } from '../../src/lab/fault-plan.js';
import { faultOn, faultsOn } from '../../src/lab/faults.js';
import { labUp } from '../../src/lab/lab.js';
import { isGap, readTruth } from '../../src/lab/truth.js';
import { type Probe, probe } from './capture.js';
import { CLEAN_MS, FaultLab, faultsMissing, isStaircase, node, nodeport, pingBad, pingExternal } from './fault-lab.js';

const NAME = 'rxray-holding';
const LAB = { name: NAME };
const lab = new FaultLab(NAME);
const silent = (): void => {};
const POD_B = PODS.find(({ place }) => place === 'pod-bad-b')?.address ?? '';

describe('faults that hold packets stall what they should and nothing else', { skip: faultsMissing }, () => {
  before(() => lab.up());
  after(() => lab.down());

  it('nat: the NodePort, not the node', async () => {
    const { seen } = await lab.inject('nat', {}, [{ from: 'shell', probes: [nodeport, node(lab.portOn(0)), pingBad] }]);
    lab.hit(seen[0]?.[0], 'nodeport');
    lab.clean(seen[0]?.[1], 'node');
    lab.clean(seen[0]?.[2], 'node by ICMP');
  });

  it('pod: what goes to the pod, not the node', async () => {
    const { seen } = await lab.inject('pod', {}, [
      { from: 'shell', probes: [nodeport, node(lab.portOn(0))] },
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }] },
    ]);
    lab.hit(seen[0]?.[0], 'nodeport');
    lab.clean(seen[0]?.[1], 'node');
    lab.hit(seen[1]?.[0], 'pod through the overlay');
  });

  it('ipip: the overlay, not the node', async () => {
    const { seen } = await lab.inject('ipip', {}, [
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }, pingBad] },
    ]);
    lab.hit(seen[0]?.[0], 'overlay');
    lab.clean(seen[0]?.[1], 'node');
  });

  it('network: everything between two machines, nothing between others', async () => {
    const { seen } = await lab.inject('network', {}, [
      { from: 'shell', probes: [pingBad, nodeport, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    lab.hit(seen[0]?.[0], 'shell to bad by ICMP');
    lab.hit(seen[0]?.[1], 'shell to the NodePort');
    lab.clean(seen[0]?.[2], 'shell to external');
    lab.clean(seen[1]?.[0], 'client to bad');
  });

  it('network-last-mile: everything towards bad from everywhere', async () => {
    const { seen } = await lab.inject('network-last-mile', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    lab.hit(seen[0]?.[0], 'shell to bad');
    lab.clean(seen[0]?.[1], 'shell to external');
    lab.hit(seen[1]?.[0], 'client to bad');
  });

  it('device: everything towards bad from everywhere, and no queue of bad has anything to do', async () => {
    const { seen, stalls } = await lab.inject('device', {}, [
      { from: 'shell', probes: [pingBad, node(lab.portOn(0)), node(lab.portOn(3)), pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    lab.hit(seen[0]?.[0], 'shell to bad by ICMP');
    lab.hit(seen[0]?.[1], 'a port on queue 0');
    lab.hit(seen[0]?.[2], 'a port on queue 3');
    assert.ok(isStaircase(seen[0]?.[1]));
    lab.clean(seen[0]?.[3], 'shell to external');
    lab.hit(seen[1]?.[0], 'client to bad');
    assert.ok(Number(stalls[0]?.packets) > 40, 'the card counts what it holds');
    assert.equal(stalls[0]?.lost, 0);
  });

  const ports = Array.from({ length: 12 }, (_, index) => 43_200 + index);

  it('ecmp: the flows on one of two links, on whatever queue they arrive', async () => {
    // All on one queue: which of them take the same link is drawn, so that all of them do in one of 130,000.
    const onOne = lab.portsOnOneQueue(18);
    const { seen } = await lab.inject('ecmp', {}, [{ from: 'shell', probes: [...onOne.map(node), pingExternal] }]);
    lab.parted((seen[0] ?? []).slice(0, onOne.length), 'a flow of that queue');
    lab.clean(seen[0]?.[onOne.length], 'external');
  });

  it('lag: the flows whose addresses and ports choose that member', async () => {
    const { seen } = await lab.inject('lag', { seed: 2 }, [{ from: 'shell', probes: ports.map(node) }]);
    const { held } = lab.parted(seen[0] ?? [], 'flow');
    // The bonding driver's layer3+4: exclusive or, folded, without the lowest bit; an even seed holds the first.
    const member = (sourcePort: number): number => {
      const ends = [172, 16, 99, 10].map((byte, index) => byte ^ ([172, 16, 47, 27][index] ?? 0));
      const words = [sourcePort >> 8, sourcePort & 255, 9876 >> 8, 9876 & 255].map(
        (byte, index) => byte ^ (ends[index] ?? 0),
      );
      return (words.reduce((sum, byte) => sum ^ byte, 0) >> 1) & 1;
    };
    assert.deepEqual(
      held,
      ports.flatMap((port, index) => (member(port) === 0 ? [index] : [])),
    );
  });

  const spread = (sourcePort: number): Probe => ({
    kind: 'syn',
    to: HOST_ADDRESS.bad,
    port: NODEPORT_SPREAD,
    sourcePort,
  });

  it('backends: the flows of one of three pods', async () => {
    const { seen } = await lab.inject('backends', {}, [
      { from: 'shell', probes: [...ports.map(spread), nodeport, pingBad] },
      {
        from: 'client',
        probes: [
          { kind: 'ping', to: POD_B },
          { kind: 'ping', to: POD_NETWORK.bad.pod },
        ],
      },
    ]);
    lab.parted((seen[0] ?? []).slice(0, ports.length), 'flow');
    lab.clean(seen[0]?.[ports.length], 'the NodePort of another pod');
    lab.clean(seen[0]?.[ports.length + 1], 'the node');
    lab.hit(seen[1]?.[0], 'the pod itself');
    lab.clean(seen[1]?.[1], 'its neighbour');
  });

  it('backends drawn at random: probes of nearly every flow, no flow whole, and the rules go with the fault', async () => {
    const rules = (): string => lab.run('bad', 'iptables', '-t', 'nat', '-S');
    const before = rules();
    const { seen } = await lab.inject('backends', { spread: 'random' }, [{ from: 'shell', probes: ports.map(spread) }]);
    const slow = (seen[0] ?? []).map((one) => one.rttsMs.filter((rtt) => rtt > 20).length);
    // Which pod a probe goes to is drawn anew until one of its flow has passed: now and then a flow escapes.
    assert.ok(slow.filter((count) => count > 0).length >= 8, `hardly a flow escapes: ${slow}`);
    assert.ok(
      slow.every((count) => count < 12),
      `nor is any held whole: ${slow}`,
    );
    assert.equal(rules(), before);
  });

  it('congestion: RTT towards bad ramps up and down', async () => {
    const { seen, stalls } = await lab.inject('congestion', { lengthMs: [200, 200] }, [
      { from: 'shell', probes: [pingBad, pingExternal] },
    ]);
    const worst = seen[0]?.[0]?.worstMs ?? 0;
    assert.ok(worst > 60, `${worst} ms at worst`);
    assert.equal(isStaircase(seen[0]?.[0]), false, 'it has a way up');
    lab.clean(seen[0]?.[1], 'external');
    assert.ok(Number(stalls[0]?.maxDelayNs) > 60e6);
  });

  it('loss: probes towards bad vanish, and are counted', async () => {
    const { seen, stalls } = await lab.inject('loss', {}, [
      { from: 'shell', probes: [node(lab.portOn(0)), pingExternal] },
    ]);
    const [lossy, other] = seen[0] ?? [];
    assert.ok(lossy && lossy.sent - lossy.rttsMs.length >= 10);
    assert.equal(lossy.sent - lossy.rttsMs.length, stalls[0]?.packets);
    assert.equal(other?.sent, other?.rttsMs.length);
  });

  it('none: nothing waits longer than the machine paused', async () => {
    const handle = await faultOn('none', { lab: LAB }, silent);
    const [seen] = await probe(NAME, 'shell', [node(lab.portOn(0))]);
    const pauses = readTruth(handle.truthPath)
      .filter(isGap)
      .map((gap) => (gap.toMonoNs - gap.fromMonoNs) / 1e6);
    assert.ok(seen && seen.worstMs < Math.max(CLEAN_MS, ...pauses));
    assert.equal(seen.sent, seen.rttsMs.length);
  });

  it('what cannot be done is refused before anything is touched', async () => {
    const refuse = (name: string, options: FaultOptions, code: string): Promise<void> =>
      assert.rejects(faultOn(name, { ...options, lab: LAB }, silent), { code });
    await refuse('gremlins', {}, 'E_LAB_FAULT');
    await refuse('rx-queue', { queue: 4 }, 'E_LAB_FAULT_OPTIONS');
    await refuse('rx-queue', { lengthMs: [100, 1000], periodMs: [2000, 2000] }, 'E_LAB_FAULT_OPTIONS');
    await refuse('rx-queue', { lengthMs: [300, 300], periodMs: [200, 400] }, 'E_LAB_FAULT_OPTIONS');
    await assert.rejects(labUp({ name: '../x' }, silent), { code: 'E_LAB_NAME' });
    await assert.rejects(labUp({ name: NAME, queues: 9 }, silent), { code: 'E_LAB_QUEUES' });
    assert.deepEqual(await faultsOn(LAB), []);
  });
});
