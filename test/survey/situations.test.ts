import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MS, SECOND } from '../../src/model/time.js';
import type { FleetConclusion } from '../../src/survey/conclude.js';
import { type FleetFault, type FleetModel, nodeName, simulateFleet, USUAL_FLEET } from './sim/fleet-model.js';
import { judgeFleet } from './sim/fleet-trial.js';
import { SimulatedSource } from './sim/simulated-source.js';

const CALM: Omit<FleetModel, 'faults'> = {
  ...USUAL_FLEET,
  seed: 5,
  nodes: 40,
  churn: 0,
  strays: 0,
  hiccups: 0,
  lostScrapes: 0,
};

async function fleet(faults: readonly FleetFault[], change: Partial<FleetModel> = {}): Promise<FleetConclusion> {
  const model = { ...CALM, ...change, faults };
  return (await judgeFleet(new SimulatedSource(simulateFleet(model)))).conclusion;
}

const said = ({ nodes, links, verdict }: FleetConclusion) => ({
  cause: verdict.cause,
  nodes: nodes.map(({ node, state, cause }) => `${node} ${state}${cause === undefined ? '' : ` ${cause}`}`),
  links: links.map(({ scope, between }) => `${scope} ${between.join(' ')}`.trim()),
});

const three = nodeName(3);

const SITUATIONS: readonly {
  readonly what: string;
  readonly faults: readonly FleetFault[];
  readonly change?: Partial<FleetModel>;
  readonly expected: ReturnType<typeof said>;
}[] = [
  { what: 'nothing is wrong', faults: [], expected: { cause: 'healthy', nodes: [], links: [] } },
  {
    what: 'one of two receive queues',
    faults: [{ is: 'rx-queue', node: 3, queues: 2 }],
    expected: { cause: 'fault', nodes: [`${three} bad rx-queue`], links: [] },
  },
  {
    what: "a sender's own side accuses none of those it probes",
    faults: [{ is: 'sender', node: 3 }],
    expected: { cause: 'fault', nodes: [`${three} bad sender`], links: [] },
  },
  {
    what: 'address translation: NodePorts alone wait',
    faults: [{ is: 'nat', node: 3 }],
    change: { stallNs: 500 * MS },
    expected: { cause: 'fault', nodes: [`${three} bad nat`], links: [] },
  },
  {
    what: "a node's end of all tunnels: pods wait, both ways",
    faults: [{ is: 'overlay', node: 3 }],
    change: { stallNs: 250 * MS },
    expected: { cause: 'fault', nodes: [`${three} bad ipip`], links: [] },
  },
  {
    what: 'the network between two zones accuses no node',
    faults: [{ is: 'zones', between: [0, 1] }],
    expected: { cause: 'fault', nodes: [], links: ['zones a b'] },
  },
  {
    what: 'the same where no agent says its zone',
    faults: [{ is: 'zones', between: [0, 1] }],
    change: { zonesKnown: false, zones: 2 },
    expected: { cause: 'fault', nodes: [], links: ['groups'] },
  },
  {
    what: 'an agent without CPU is blind and accuses nobody',
    faults: [{ is: 'throttled', node: 3 }],
    expected: { cause: 'healthy', nodes: [`${three} blind`], links: [] },
  },
  {
    what: 'a single stall of a whole node accuses nobody',
    faults: [{ is: 'host', node: 3 }],
    change: { periodNs: 590 * SECOND },
    expected: { cause: 'healthy', nodes: [], links: [] },
  },
  {
    what: 'two nodes that no other watches',
    faults: [{ is: 'host', node: 1 }],
    change: { nodes: 2, zones: 1 },
    expected: {
      cause: 'inconclusive',
      nodes: [`${nodeName(0)} unwatched`, `${nodeName(1)} unwatched`],
      links: [],
    },
  },
];

describe('what is said of a fleet', () => {
  for (const { what, faults, change, expected } of SITUATIONS) {
    test(what, async () => {
      assert.deepEqual(said(await fleet(faults, change)), expected);
    });
  }

  test('names what to run, quoted for a shell, and runs nothing', async () => {
    const { nodes } = await fleet([{ is: 'host', node: 3 }]);
    assert.deepEqual(nodes[0]?.lines, [
      `rxray why ${three}`,
      `kubectl cordon ${three}`,
      `kubectl drain ${three} --ignore-daemonsets --delete-emptydir-data`,
    ]);
  });
});
