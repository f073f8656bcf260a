import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import {
  HOST_ADDRESS,
  type HostName,
  NODEPORT_SPREAD,
  type Place,
  POD_NETWORK,
  PODS,
} from '../../src/lab/addresses.js';
import type { FaultName, FaultOptions } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn, faultsOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { learnFlowQueues, queuedFlows } from '../../src/lab/queues.js';
import { LabState } from '../../src/lab/state.js';
import { isGap, isStall, machineGaps, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { type Probe, probe, type Seen } from './capture.js';

const NAME = 'rxray-faults';
const LAB = { name: NAME };
const state = new LabState(NAME);
const silent = (): void => {};

const missing = ['hping3', 'tcpdump', 'ping'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
const skip =
  process.getuid?.() !== 0
    ? 'needs root: network namespaces'
    : missing.length > 0
      ? `needs ${missing.join(', ')}`
      : false;

const run = (place: Place, ...argv: string[]): string =>
  spawnSync('ip', ['netns', 'exec', `${NAME}-${place}`, ...argv], { encoding: 'utf8', timeout: 10_000 }).stdout;

const POD_B = PODS.find(({ place }) => place === 'pod-bad-b')?.address ?? '';

const STALL_MS = 160;
const FAULT: FaultOptions = { count: 1, periodMs: [350, 350], lengthMs: [STALL_MS, STALL_MS] };
/** A stall of that length shows at least this; what is not concerned stays below the other, unless the machine pauses. */
const HIT_MS = 110;
const CLEAN_MS = 70;

describe('faults stall what they should and nothing else', { skip }, () => {
  let onQueue: (queue: number, index?: number) => number;
  let pingBad: Probe;
  let pingExternal: Probe;
  let nodeport: Probe;
  const node = (sourcePort: number): Probe => ({ kind: 'syn', to: HOST_ADDRESS.bad, port: 9876, sourcePort });

  before(async () => {
    await labUp(LAB, silent);
    const ports = Array.from({ length: 48 }, (_, index) => 43_000 + index);
    const queues = learnFlowQueues(ports, { ...LAB, port: 9876 });
    onQueue = (queue, index = 0) => {
      const port = ports.filter((one) => queues.get(one) === queue)[index];
      assert.ok(port !== undefined, `a source port on queue ${queue}`);
      return port;
    };
    pingBad = { kind: 'ping', to: HOST_ADDRESS.bad };
    pingExternal = { kind: 'ping', to: HOST_ADDRESS.external };
    nodeport = { kind: 'syn', to: HOST_ADDRESS.bad, port: 30_927, sourcePort: 43_100 };
  });
  after(() => labDown(LAB, silent));

  /** Switches a fault on while packets flow; returns what was seen and the truth. */
  async function inject(
    name: FaultName,
    options: FaultOptions,
    vantages: readonly { from: HostName; probes: readonly Probe[] }[],
  ): Promise<{ seen: Seen[][]; stalls: TruthStall[] }> {
    let stalls: TruthStall[] = [];
    const seen = await Promise.all(
      vantages.map(({ from, probes }, index) =>
        probe(NAME, from, probes, async () => {
          if (index === 0) {
            const handle = await faultOn(name, { ...FAULT, ...options, lab: LAB }, silent);
            stalls = await faultEnd(handle);
          }
        }),
      ),
    );
    await faultOff(name, LAB);
    const from = stalls[0]?.startMonoNs ?? 0;
    const gaps = readTruth(state.gapLog).filter(isGap);
    pausedMs = machineGaps(gaps, stalls)
      .filter((gap) => gap.toMonoNs > from - 1e9)
      .reduce((sum, gap) => sum + (gap.toMonoNs - gap.fromMonoNs) / 1e6, 0);
    assert.deepEqual(leftRules(), [], 'rules are gone with the fault');
    assert.equal(stalls.length, 1);
    const [stall] = stalls;
    assert.ok(stall && stall.endMonoNs - stall.startMonoNs >= STALL_MS * 1e6);
    assert.equal(stall.fault, name);
    return { seen, stalls };
  }

  /** Of the machine by itself, while packets flowed last: nothing that was clean may have waited longer. */
  let pausedMs = 0;
  const leftRules = (): string[] =>
    (['bad', 'fabric', 'rack'] as const).flatMap((place) =>
      run(place, 'iptables', '-t', 'mangle', '-S')
        .split('\n')
        .filter((line) => line.startsWith('-A')),
    );

  const tell = (one: Seen | undefined): string =>
    `${one?.sent} sent, ${one?.rttsMs.length} answered, ${one?.worstMs.toFixed(1)} ms at worst`;
  const hit = (one: Seen | undefined, what: string): void =>
    assert.ok(one && one.worstMs >= HIT_MS, `${what} should have been held: ${tell(one)}`);
  const clean = (one: Seen | undefined, what: string): void =>
    assert.ok(
      one && one.worstMs < CLEAN_MS + pausedMs && one.rttsMs.length > 50,
      `${what}: ${one?.worstMs} ms at worst`,
    );
  /** How RTT falls over the probes above 20 ms: −1 ms per ms for a stall that ends at one instant. */
  const isStaircase = (one: Seen | undefined): boolean => {
    const held = one?.rttsMs.filter((rtt) => rtt > 20) ?? [];
    return held.length >= 5 && held.every((rtt, index) => index === 0 || rtt < (held[index - 1] ?? 0));
  };

  it('rx-queue: only source ports of that queue, and they are released together', async () => {
    const { seen, stalls } = await inject('rx-queue', { queue: 2 }, [
      { from: 'shell', probes: [node(onQueue(2)), node(onQueue(2, 1)), node(onQueue(0)), node(onQueue(3))] },
    ]);
    hit(seen[0]?.[0], 'a port on queue 2');
    hit(seen[0]?.[1], 'another port on queue 2');
    assert.ok(isStaircase(seen[0]?.[0]));
    clean(seen[0]?.[2], 'a port on queue 0');
    clean(seen[0]?.[3], 'a port on queue 3');
    assert.equal(stalls[0]?.queue, 2);
    assert.equal(stalls[0]?.threadSwitches, 0);
  });

  it('host: every queue of bad, nothing of another host', async () => {
    const { seen } = await inject('host', {}, [
      { from: 'shell', probes: [node(onQueue(0)), node(onQueue(1)), node(onQueue(2)), node(onQueue(3)), pingExternal] },
    ]);
    for (const queue of [0, 1, 2, 3]) {
      hit(seen[0]?.[queue], `a port on queue ${queue}`);
    }
    clean(seen[0]?.[4], 'external');
  });

  it('softirq: packets steered to the CPU whose softirqs a named process holds off', async () => {
    const { seen, stalls } = await inject('softirq', {}, [
      { from: 'shell', probes: [node(onQueue(0)), pingBad, pingExternal] },
    ]);
    hit(seen[0]?.[0], 'node');
    hit(seen[0]?.[1], 'node by ICMP');
    clean(seen[0]?.[2], 'external');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('starved: one queue, held by an ordinary process', async () => {
    const { seen, stalls } = await inject('starved', { queue: 1 }, [
      { from: 'shell', probes: [node(onQueue(1)), node(onQueue(0))] },
    ]);
    hit(seen[0]?.[0], 'a port on queue 1');
    clean(seen[0]?.[1], 'a port on queue 0');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('nat: the NodePort, not the node', async () => {
    const { seen } = await inject('nat', {}, [{ from: 'shell', probes: [nodeport, node(onQueue(0)), pingBad] }]);
    hit(seen[0]?.[0], 'nodeport');
    clean(seen[0]?.[1], 'node');
    clean(seen[0]?.[2], 'node by ICMP');
  });

  it('pod: what goes to the pod, not the node', async () => {
    const { seen } = await inject('pod', {}, [
      { from: 'shell', probes: [nodeport, node(onQueue(0))] },
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }] },
    ]);
    hit(seen[0]?.[0], 'nodeport');
    clean(seen[0]?.[1], 'node');
    hit(seen[1]?.[0], 'pod through the overlay');
  });

  it('ipip: the overlay, not the node', async () => {
    const { seen } = await inject('ipip', {}, [
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }, pingBad] },
    ]);
    hit(seen[0]?.[0], 'overlay');
    clean(seen[0]?.[1], 'node');
  });

  it('network: everything between two machines, nothing between others', async () => {
    const { seen } = await inject('network', {}, [
      { from: 'shell', probes: [pingBad, nodeport, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad by ICMP');
    hit(seen[0]?.[1], 'shell to the NodePort');
    clean(seen[0]?.[2], 'shell to external');
    clean(seen[1]?.[0], 'client to bad');
  });

  it('network-last-mile: everything towards bad from everywhere', async () => {
    const { seen } = await inject('network-last-mile', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad');
    clean(seen[0]?.[1], 'shell to external');
    hit(seen[1]?.[0], 'client to bad');
  });

  it('device: everything towards bad from everywhere, and no queue of bad has anything to do', async () => {
    const { seen, stalls } = await inject('device', {}, [
      { from: 'shell', probes: [pingBad, node(onQueue(0)), node(onQueue(3)), pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad by ICMP');
    hit(seen[0]?.[1], 'a port on queue 0');
    hit(seen[0]?.[2], 'a port on queue 3');
    assert.ok(isStaircase(seen[0]?.[1]));
    clean(seen[0]?.[3], 'shell to external');
    hit(seen[1]?.[0], 'client to bad');
    assert.ok(Number(stalls[0]?.packets) > 40, 'the card counts what it holds');
    assert.equal(stalls[0]?.lost, 0);
  });

  /** Splits flows by whether they were held; each has to be one or the other. */
  const parted = (seen: readonly Seen[], what: string): { held: number[]; passed: number[] } => {
    const held = seen.flatMap((one, index) => (one.worstMs >= HIT_MS ? [index] : []));
    const passed = seen.flatMap((one, index) => (one.worstMs >= HIT_MS ? [] : [index]));
    for (const index of passed) clean(seen[index], `${what} ${index}`);
    assert.ok(held.length > 0 && passed.length > 0, `${what}: held ${held}, passed ${passed}`);
    return { held, passed };
  };
  const ports = Array.from({ length: 12 }, (_, index) => 43_200 + index);

  it('ecmp: the flows on one of two links, on whatever queue they arrive', async () => {
    const { seen } = await inject('ecmp', {}, [{ from: 'shell', probes: [...ports.map(node), pingExternal] }]);
    const queues = new Map(queuedFlows('bad', LAB).map(({ sourcePort, queue }) => [sourcePort, queue]));
    const { held, passed } = parted((seen[0] ?? []).slice(0, ports.length), 'flow');
    const queuesOf = (flows: readonly number[]): Set<number | undefined> =>
      new Set(flows.map((index) => queues.get(ports[index] ?? 0)));
    const both = [...queuesOf(held)].filter((queue) => queuesOf(passed).has(queue));
    assert.ok(both.length > 0, 'a queue that some flows reached late and others in time');
    clean(seen[0]?.[ports.length], 'external');
  });

  it('lag: the flows whose addresses and ports choose that member', async () => {
    const { seen } = await inject('lag', { seed: 2 }, [{ from: 'shell', probes: ports.map(node) }]);
    const { held } = parted(seen[0] ?? [], 'flow');
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
    const { seen } = await inject('backends', {}, [
      { from: 'shell', probes: [...ports.map(spread), nodeport, pingBad] },
      {
        from: 'client',
        probes: [
          { kind: 'ping', to: POD_B },
          { kind: 'ping', to: POD_NETWORK.bad.pod },
        ],
      },
    ]);
    parted((seen[0] ?? []).slice(0, ports.length), 'flow');
    clean(seen[0]?.[ports.length], 'the NodePort of another pod');
    clean(seen[0]?.[ports.length + 1], 'the node');
    hit(seen[1]?.[0], 'the pod itself');
    clean(seen[1]?.[1], 'its neighbour');
  });

  it('backends drawn at random: a third of the probes of every flow, and the rules go with the fault', async () => {
    const rules = (): string => run('bad', 'iptables', '-t', 'nat', '-S');
    const before = rules();
    const { seen } = await inject('backends', { spread: 'random' }, [{ from: 'shell', probes: ports.map(spread) }]);
    assert.ok(
      (seen[0] ?? []).every((one) => one.worstMs >= 60),
      'no flow escapes',
    );
    const slow = (seen[0] ?? []).map((one) => one.rttsMs.filter((rtt) => rtt > 20).length);
    assert.ok(
      slow.every((count) => count < 12),
      `nor is any held whole: ${slow}`,
    );
    assert.equal(rules(), before);
  });

  it('congestion: RTT towards bad ramps up and down', async () => {
    const { seen, stalls } = await inject('congestion', { lengthMs: [200, 200] }, [
      { from: 'shell', probes: [pingBad, pingExternal] },
    ]);
    const worst = seen[0]?.[0]?.worstMs ?? 0;
    assert.ok(worst > 60, `${worst} ms at worst`);
    assert.equal(isStaircase(seen[0]?.[0]), false, 'it has a way up');
    clean(seen[0]?.[1], 'external');
    assert.ok(Number(stalls[0]?.maxDelayNs) > 60e6);
  });

  it('loss: probes towards bad vanish, and are counted', async () => {
    const { seen, stalls } = await inject('loss', {}, [{ from: 'shell', probes: [node(onQueue(0)), pingExternal] }]);
    const [lossy, other] = seen[0] ?? [];
    assert.ok(lossy && lossy.sent - lossy.rttsMs.length >= 10);
    assert.equal(lossy.sent - lossy.rttsMs.length, stalls[0]?.packets);
    assert.equal(other?.sent, other?.rttsMs.length);
  });

  it('sender: every path of that vantage, none of another', async () => {
    const { seen, stalls } = await inject('sender', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad');
    hit(seen[0]?.[1], 'shell to external');
    clean(seen[1]?.[0], 'client to bad');
    assert.equal(stalls[0]?.host, 'shell');
  });

  it('two at once: each holds what it holds alone', async () => {
    const handles = await Promise.all([
      faultOn('rx-queue', { ...FAULT, queue: 3, periodMs: [400, 400], lab: LAB }, silent),
      faultOn('nat', { ...FAULT, periodMs: [700, 700], lab: LAB }, silent),
    ]);
    const [seen] = await Promise.all([
      probe(NAME, 'shell', [node(onQueue(3)), nodeport, node(onQueue(0))]),
      ...handles.map((handle) => faultEnd(handle)),
    ]);
    await faultOff('all', LAB);
    hit(seen[0], 'a port on queue 3');
    hit(seen[1], 'nodeport');
    clean(seen[2], 'a port on queue 0');
    assert.deepEqual(await faultsOn(LAB), []);
  });

  it('none: nothing waits longer than the machine paused', async () => {
    const handle = await faultOn('none', { lab: LAB }, silent);
    const [seen] = await probe(NAME, 'shell', [node(onQueue(0))]);
    const pauses = readTruth(handle.truthPath)
      .filter(isGap)
      .map((gap) => (gap.toMonoNs - gap.fromMonoNs) / 1e6);
    assert.ok(seen && seen.worstMs < Math.max(CLEAN_MS, ...pauses));
    assert.equal(seen.sent, seen.rttsMs.length);
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
    const stalls = state.truthLogs().flatMap((path) => readTruth(path).filter(isStall));
    const gaps = readTruth(state.gapLog).filter(isGap);
    assert.ok(machineGaps(gaps, stalls).length <= gaps.length);
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
