import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { flowNumber } from '../../src/bisect/evidence/flow-sightings.js';
import { flowsByQueue, portsByQueue } from '../../src/bisect/paths/ports-by-queue.js';
import type { Receiver } from '../../src/bisect/paths/queue-prediction.js';
import { DEFAULT_RSS_KEY, evenTable, type HashedPacket } from '../../src/bisect/paths/toeplitz.js';
import type { Scenario } from '../../src/engines/sim/scenario/scenario.js';
import { queueOf } from '../../src/engines/sim/world/flow-hash.js';
import { World } from '../../src/engines/sim/world/world.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bisectScenario, type FaultInput, LAB_HOSTS, labScenario, stalls } from './sim-cluster.js';

const NODE = '172.16.47.27';
const FREE = Array.from({ length: 4_096 }, (_, i) => 12_000 + i);

/** What the card of bad says. The simulated one hashes by another key, so that it is wrong. */
const saying = (queues: number): ReceiveSide => ({
  interface: 'eth0',
  rxQueues: queues,
  spreadBySoftware: false,
  cpusOfQueue: [],
  spread: { by: 'toeplitz', key: DEFAULT_RSS_KEY, table: evenTable(queues), ports: { ipv4: true, ipv6: true } },
});

type Choose = (source: string, port: number, scenario: Scenario, queues: number) => readonly number[];

const byWrongKey: Choose = (source, port, _, queues) => {
  const side = saying(queues);
  const flows = flowsByQueue(side, false, 16);
  assert.ok(flows !== null && side.spread.by === 'toeplitz');
  return portsByQueue(flows, side.spread, { from: source, to: NODE, port }, FREE) ?? [];
};

const byRightKey: Choose = (from, toPort, scenario, queues) => {
  const key = new World(scenario, false).hashKey('bad');
  const hash = { tcp: 'ports', udp: 'ports', ipip: 'outer' } as const;
  const queueOfPort = (fromPort: number): number =>
    queueOf({ tuple: { protocol: 'syn', from, to: NODE, fromPort, toPort } }, key, hash, queues);
  return Array.from({ length: queues }, (_, queue) =>
    FREE.filter((port) => queueOfPort(port) === queue).slice(0, 3),
  ).flat();
};

/** The paths of the lab, those by SYN to the node itself from chosen ports. */
function pathsOf(choose: Choose, scenario: Scenario, queues: number): HostsPath[] {
  return measuredPaths(LAB_HOSTS).map((path) => {
    const { planned, measured } = path;
    if (measured.protocol !== 'syn' || measured.target !== 'node' || planned.port === undefined) return path;
    const source = scenario.machines[measured.vantage]?.address ?? '';
    const fromPorts = choose(source, planned.port, scenario, queues);
    assert.equal(fromPorts.length, 3 * queues);
    const flows = fromPorts.length;
    return { planned: { ...planned, flows, fromPorts }, measured: { ...measured, flows } };
  });
}

function packetsOf(paths: readonly HostsPath[], scenario: Scenario): Map<number, HashedPacket> {
  return new Map(
    paths.flatMap(({ planned, measured }, index) =>
      (planned.fromPorts ?? []).map((from, flow): [number, HashedPacket] => [
        flowNumber(index, flow),
        {
          from: scenario.machines[measured.vantage]?.address ?? '',
          to: NODE,
          ports: { from, to: planned.port ?? 0 },
        },
      ]),
    ),
  );
}

const QUEUES = 8;
const said = ({ cause, where }: Verdict): string => `${cause} at ${String(where)}`;
const run = (scenario: Scenario, paths: readonly HostsPath[], node?: Receiver): Verdict =>
  bisectScenario({ scenario, paths, untilSettled: true, ...(node && { receivers: { node } }) }).verdict;

suite('ports by the key of a card accuse nobody else', () => {
  const table: [fault: string, input: FaultInput, verdict: string][] = [
    ['one receive queue', stalls({ stage: 'rx-queue', machine: 'bad' }), 'rx-queue at node'],
    ['all receive queues', stalls({ stage: 'host', machine: 'bad' }), 'host at node'],
    [
      'all of them, for as long as three probes in a row',
      stalls({ stage: 'host', machine: 'bad' }, { length: [25 * MS, 60 * MS] }),
      'host at node',
    ],
    ['NAT', stalls({ stage: 'nat', machine: 'bad' }), 'nat at node'],
    ['the pod', stalls({ stage: 'pod', machine: 'bad' }), 'pod at node'],
    ['the last stretch of the network', stalls({ stage: 'network', to: 'bad' } as never), 'host at node'],
    ['the vantage', stalls({ stage: 'sender', machine: 'shell' }), 'sender at shell'],
  ];
  for (const [fault, input, verdict] of table)
    for (const [how, choose] of [
      ['the right key', byRightKey],
      ['a wrong one', byWrongKey],
    ] as const)
      test(`${fault}, by ${how}: ${verdict}`, () => {
        const scenario = labScenario({ queues: QUEUES, faults: [input] });
        const found = run(scenario, pathsOf(choose, scenario, QUEUES));
        assert.equal(said(found), verdict, JSON.stringify(found.posterior));
        if (!verdict.startsWith('rx-queue')) assert.ok((found.posterior['rx-queue'] ?? 0) < 0.5);
      });

  test('nothing wrong: healthy', () => {
    for (const choose of [byRightKey, byWrongKey]) {
      const scenario = labScenario({ queues: QUEUES });
      const paths = pathsOf(choose, scenario, QUEUES);
      const { cause } = bisectScenario({ scenario, paths, durationNs: 30 * SECOND }).verdict;
      assert.match(cause, /healthy|inconclusive/);
    }
  });

  test('a wrong key is found out by the flows that part, said, and weighs nothing', () => {
    const scenario = labScenario({ queues: QUEUES, faults: [stalls({ stage: 'rx-queue', machine: 'bad' })] });
    const paths = pathsOf(byWrongKey, scenario, QUEUES);
    const packets = packetsOf(paths, scenario);
    const side = saying(QUEUES);
    const wrong = run(scenario, paths, { side, packets });
    const silent = run(scenario, paths, { side: { ...side, spread: { by: 'unknown', why: 'hidden' } }, packets });
    assert.equal(said(wrong), 'rx-queue at node');
    assert.deepEqual(wrong.posterior, silent.posterior);
    const notes = wrong.quality.notes.join('\n');
    assert.match(notes, /so nothing is predicted by the key/);
    assert.doesNotMatch(notes, /agrees with what was seen/);
  });
});
