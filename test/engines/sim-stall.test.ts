import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeScenario, type ScenarioInput, simulate } from '../../src/engines/sim-engine.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { CollectedRun, type Seen } from './collected-run.js';
import { simPath, simPlan } from './sim-plan.js';

type FaultInput = NonNullable<ScenarioInput['faults']>[number];
type MachineInput = ScenarioInput['machines'][string];

const WINDOW = { start: SECOND, length: 130 * MS };
/** Out and back of 100 us each, and 20 us to answer. */
const BASE_RTT_NS = 220 * US;

/** Two machines, four queues on the node, no noise: what is seen is the fault alone. */
function build(fault: FaultInput, machines: Record<string, Partial<MachineInput>> = {}): ScenarioInput {
  return {
    seed: 5,
    machines: {
      shell: { address: '172.16.47.1', ...machines.shell },
      node: { address: '172.16.47.27', queues: 4, ports: { 9876: 'open' }, ...machines.node },
    },
    vantages: { shell: { machine: 'shell' } },
    faults: [fault],
  };
}

function run(scenario: ScenarioInput, plan: ProbePlan = simPlan({ count: 200 })) {
  const { events, truth } = simulate(makeScenario(scenario), plan);
  return { seen: new CollectedRun(events), truth };
}

const held = (samples: readonly Seen[]): Seen[] => samples.filter((sample) => sample.rttNs > MS);
const releases = (samples: readonly Seen[]): number[] => samples.map((sample) => sample.sentNs + sample.rttNs);
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

suite('a stall in virtual time', () => {
  const onHost: FaultInput = { kind: 'stall', machine: 'node', stage: 'host', when: [WINDOW] };
  const oneQueue = { node: { queues: 1 } };

  test('all that it held is released at one instant, to 0.2 ms', () => {
    const { seen } = run(build(onHost, oneQueue));
    const probes = held(seen.final());
    assert.equal(probes.length, 13);
    assert.ok(spread(releases(probes)) <= 200 * US, `${spread(releases(probes))} ns`);
    assert.ok(spread(releases(probes)) > 0, 'packets take no time');
  });

  test('RTT falls by one interval from probe to probe', () => {
    const { seen } = run(build(onHost, oneQueue));
    const rtts = held(seen.final()).map((sample) => sample.rttNs);
    for (const [i, rttNs] of rtts.slice(1).entries())
      assert.ok(Math.abs((rtts[i] ?? 0) - rttNs - 10 * MS) < 20 * US, `${rtts[i]} then ${rttNs}`);
  });

  test('it is over base + threshold for floor or ceil((D - threshold) / I) probes, by phase', () => {
    const seenCounts = new Set<number>();
    for (let phase = 0; phase < 10; phase++) {
      const when = [{ start: SECOND + phase * MS + 1, length: 127 * MS }];
      const { seen } = run(build({ ...onHost, when }, oneQueue));
      seenCounts.add(seen.final().filter((sample) => sample.rttNs > 100 * MS + BASE_RTT_NS).length);
    }
    assert.deepEqual([...seenCounts].sort(), [2, 3]);
  });

  test('of four receive queues only one holds its flows, and the truth names them', () => {
    const { seen, truth } = run(
      build({ kind: 'stall', machine: 'node', stage: 'rx-queue', queue: 2, when: [{ ...WINDOW, length: 400 * MS }] }),
    );
    const flows = new Set(held(seen.final()).map((sample) => sample.flow));
    assert.ok(flows.size >= 1 && flows.size <= 10, `${flows.size} of 16 flows`);
    assert.deepEqual(truth.length, 1);
    assert.deepEqual(truth[0]?.queues, [2]);
    assert.deepEqual(
      truth[0]?.held.map(({ path, flows }) => ({ path, flows })),
      [{ path: 'shell>node/syn', flows: [...flows].sort((a, b) => a - b) }],
    );
    assert.deepEqual([truth[0]?.startNs, truth[0]?.lengthNs], [SECOND, 400 * MS]);
  });

  test('every flow sits on exactly one of the queues', () => {
    const byQueue = [0, 1, 2, 3].map((queue) => {
      const when = [{ ...WINDOW, length: 400 * MS }];
      const { truth } = run(build({ kind: 'stall', machine: 'node', stage: 'rx-queue', queue, when }));
      return truth[0]?.held[0]?.flows ?? [];
    });
    assert.deepEqual(
      byQueue.flat().sort((a, b) => a - b),
      Array.from({ length: 16 }, (_, flow) => flow),
    );
  });

  test('flows that leave from ports named one by one share a queue by those ports, in whatever order', () => {
    const fault: FaultInput = { kind: 'stall', machine: 'node', stage: 'rx-queue', queue: 2, when: [WINDOW] };
    const when = [{ ...WINDOW, length: 400 * MS }];
    const portsHeld = (fromPorts: number[]): number[] => {
      const paths = [simPath({ flows: fromPorts.length, fromPorts })];
      const { seen, truth } = run(build({ ...fault, when }), simPlan({ paths, count: 200 }));
      const hello = seen.events.find(({ kind }) => kind === 'hello');
      assert.ok(hello?.kind === 'hello');
      assert.deepEqual(hello.hello.paths[0]?.ports, fromPorts);
      assert.deepEqual(hello.hello.paths[0]?.sourcePorts, [Math.min(...fromPorts), Math.max(...fromPorts)]);
      return (truth[0]?.held[0]?.flows ?? []).map((flow) => fromPorts[flow] as number).sort((a, b) => a - b);
    };
    const ports = Array.from({ length: 12 }, (_, i) => 20_100 + 3 * i);
    const held = portsHeld(ports);
    assert.ok(held.length >= 1 && held.length < 12, `${held}`);
    assert.deepEqual(portsHeld(ports.toReversed()), held);
    assert.throws(() => run(build(fault), simPlan({ paths: [simPath({ fromPorts: [1] })] })), /16 flows from 1 port/);
  });

  test('ICMP is all or nothing: one address pair, one queue', () => {
    const paths = [simPath({ name: 'shell>node/icmp', protocol: 'icmp' })];
    const counts = [0, 1, 2, 3].map((queue) => {
      const { seen } = run(
        build({ kind: 'stall', machine: 'node', stage: 'rx-queue', queue, when: [WINDOW] }),
        simPlan({ paths, count: 200 }),
      );
      return held(seen.final()).length;
    });
    assert.deepEqual(counts.sort(), [0, 0, 0, 13]);
  });

  test('a new source port per probe meets a stalled queue about once in N', () => {
    const paths = [simPath({ freshPerSecond: 1_000 })];
    const { seen } = run(
      build({ kind: 'stall', machine: 'node', stage: 'rx-queue', queue: 1, when: [{ ...WINDOW, length: 400 * MS }] }),
      simPlan({ paths, count: 200 }),
    );
    const share = held(seen.fresh()).length / 400;
    assert.ok(share > 0.18 && share < 0.32, `share ${share}`);
  });

  test('receive queues release in batches by queue', () => {
    const { seen } = run(build(onHost), simPlan({ count: 1_500, paths: [simPath({ intervalNs: MS })] }));
    const probes = held(seen.final()).sort((a, b) => a.sentNs + a.rttNs - b.sentNs - b.rttNs);
    const { flows } = queueOfFlow();
    const queues = probes.map((sample) => flows[sample.flow] ?? -1);
    const batches = queues.filter((queue, i) => queue !== queues[i - 1]);
    assert.deepEqual(batches, [0, 1, 2, 3]);
    assert.notDeepEqual(
      probes,
      [...probes].sort((a, b) => a.sentNs - b.sentNs),
    );
  });

  for (const stage of ['nat', 'ipip', 'pod', 'network'] as const)
    test(`${stage} is one FIFO: released in the order of sending, across flows`, () => {
      const scenario: ScenarioInput = {
        seed: 5,
        network: { latency: '100us', jitter: { median: '30us', sigma: 0.8 } },
        machines: {
          shell: { address: '172.16.47.1' },
          node: {
            address: '172.16.47.27',
            queues: 4,
            nodePorts: { 30928: { pods: ['api'], port: 8080 } },
          },
          client: {
            address: '172.16.53.32',
            queues: 4,
            pods: { api: { address: '10.125.21.64', ports: { 8080: 'open' } } },
          },
        },
        vantages: { shell: { machine: 'shell' } },
        faults: [{ kind: 'stall', stage, machine: stage === 'pod' ? 'client' : 'node', leg: 'out', when: [WINDOW] }],
      };
      const paths = [simPath({ name: 'shell>nodeport/syn', port: 30928, intervalNs: MS })];
      const { seen } = run(scenario, simPlan({ count: 1_500, paths }));
      const probes = held(seen.final());
      assert.equal(new Set(probes.map((sample) => sample.flow)).size, 16);
      const released = releases(probes);
      assert.deepEqual(
        released,
        [...released].sort((a, b) => a - b),
      );
      assert.ok(probes.length >= 129, `${probes.length}`);
    });

  test("replies wait in the vantage's own queues: those under way at the start are held as well", () => {
    const { seen, truth } = run(build({ kind: 'stall', machine: 'shell', stage: 'rx-queue', when: [WINDOW] }));
    const probes = held(seen.final());
    assert.equal(probes.length, 13);
    assert.ok(spread(releases(probes)) <= 200 * US);
    // The probe sent at the start of the window is answered within it.
    assert.equal(probes[0]?.sentNs, SECOND);
    assert.equal(truth[0]?.machine, 'shell');
  });

  test('a vantage with two queues lets the replies of some flows through', () => {
    const long = [{ ...WINDOW, length: 400 * MS }];
    const { seen } = run(
      build({ kind: 'stall', machine: 'shell', stage: 'rx-queue', queue: 1, when: long }, { shell: { queues: 2 } }),
    );
    const flows = new Set(held(seen.final()).map((sample) => sample.flow));
    assert.ok(flows.size > 0 && flows.size < 16, `${flows.size} of 16`);
  });

  test('replies steered to one queue all wait there, or none', () => {
    const counts = [0, 1].map((queue) => {
      const { seen } = run(
        build(
          { kind: 'stall', machine: 'shell', stage: 'rx-queue', queue, when: [WINDOW] },
          { shell: { queues: 2, steerRepliesTo: 1 } },
        ),
      );
      return held(seen.final()).length;
    });
    assert.deepEqual(counts, [0, 13]);
  });

  test('a sender that holds its own packets, out and back, shows one release instant too', () => {
    const { seen } = run(build({ kind: 'stall', machine: 'shell', stage: 'sender', when: [WINDOW] }));
    const probes = held(seen.final());
    assert.equal(probes.length, 13);
    assert.ok(spread(releases(probes)) <= BASE_RTT_NS + 200 * US);
  });

  test('a stall that begins when another ends keeps what it held', () => {
    const scenario = build(onHost, oneQueue);
    const second: FaultInput = { ...onHost, when: [{ start: SECOND + 100 * MS, length: 200 * MS }] };
    const { seen } = run({ ...scenario, faults: [second, ...(scenario.faults ?? [])] });
    const probes = held(seen.final());
    assert.equal(probes.length, 30);
    assert.ok(Math.min(...releases(probes)) >= SECOND + 300 * MS);
    assert.deepEqual(
      releases(probes),
      [...releases(probes)].sort((a, b) => a - b),
    );
  });

  test('no mixture of stalls, slow drains, congestion and jitter lets a packet overtake', () => {
    const when: FaultInput['when'] = { period: ['200ms', '900ms'], length: ['20ms', '150ms'] };
    for (let seed = 0; seed < 40; seed++) {
      const scenario = build({ kind: 'stall', machine: 'node', stage: 'host', leg: 'out', when }, oneQueue);
      const faults: FaultInput[] = [
        { kind: 'congestion', machine: 'node', stage: 'host', leg: 'out', when, peak: '10ms' },
        { kind: 'stall', machine: 'node', stage: 'rx-queue', leg: 'out', when },
        { kind: 'slow-drain', machine: 'node', stage: 'host', leg: 'out', when, load: 0.5 },
        { kind: 'stall', stage: 'network', when },
        { kind: 'jitter', stage: 'network', median: '100us', sigma: 1 },
      ];
      const plan = simPlan({ count: 4_000, paths: [simPath({ intervalNs: MS })] });
      const { seen } = run({ ...scenario, seed, faults: [...(scenario.faults ?? []), ...faults] }, plan);
      const released = releases(seen.final());
      const overtaken = released.findIndex((releaseNs, i) => releaseNs < (released[i - 1] ?? 0));
      assert.equal(overtaken, -1, `seed ${seed}: seq ${overtaken} overtakes the one before`);
    }
  });

  test('a network stall in one direction leaves the other alone', () => {
    const toNode: FaultInput = { kind: 'stall', stage: 'network', to: 'node', when: [WINDOW] };
    const paths: PlannedPath[] = [simPath(), simPath({ name: 'shell>other/syn', address: '172.16.47.28' })];
    const scenario = build(toNode);
    const { seen } = run(
      { ...scenario, machines: { ...scenario.machines, other: { address: '172.16.47.28' } } },
      simPlan({ paths, count: 200 }),
    );
    assert.deepEqual([held(seen.final(0)).length, held(seen.final(1)).length], [13, 0]);
  });
});

/** On which queue of the node each flow sits, learnt by stalling one queue after the other. */
function queueOfFlow(): { flows: Record<number, number> } {
  const flows: Record<number, number> = {};
  for (const queue of [0, 1, 2, 3]) {
    const when = [{ ...WINDOW, length: 400 * MS }];
    const { truth } = run(build({ kind: 'stall', machine: 'node', stage: 'rx-queue', queue, when }));
    for (const flow of truth[0]?.held[0]?.flows ?? []) flows[flow] = queue;
  }
  return { flows };
}
