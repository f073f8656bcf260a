import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { MS, SECOND } from '../../src/model/time.js';
import { nodeName } from './sim/fleet-model.js';
import { judgeFleet } from './sim/fleet-trial.js';
import { SimulatedSource } from './sim/simulated-source.js';
import { type WatchedNode, watchNode } from './sim/watched-node.js';

/** Stamps, and the way to the queue. */
const SLACK_NS = 0.3 * MS;

describe('one of eight receive queues that stalls for 140 ms once a minute, as agents watch it', () => {
  let watched: WatchedNode;
  before(() => {
    // biome-ignore format: one trial
    watched = watchNode({ seed: 101, nodes: 24, queues: 8, windowNs: 600 * SECOND, periodNs: 60 * SECOND, stallNs: 140 * MS });
  });

  test('has the node named within ten minutes, and no other', async () => {
    const { conclusion } = await judgeFleet(new SimulatedSource(watched.fleet));
    assert.deepEqual(conclusion.verdict.bad, [nodeName(watched.bad)], JSON.stringify(conclusion.nodes));
  });

  test('began within what is said of each start, by arrivals as by round trips', () => {
    const told = watched.stalls.flatMap(({ startNs, edges, inbound }) =>
      [...edges, ...(inbound === undefined ? [] : [inbound.finding])].map((one) => ({ ...one, startNs })),
    );
    assert.ok(told.length >= watched.stalls.length / 2, `${told.length} told of`);
    for (const { startNs, startMin, startMax } of told)
      assert.ok(startNs >= startMin - SLACK_NS && startNs <= startMax + SLACK_NS, `${startMin} ${startNs} ${startMax}`);
  });

  test('is seen where three of its probes arrive, and nothing else is seen', () => {
    assert.equal(watched.strangers, 0);
    for (const { held, inbound } of watched.stalls)
      assert.ok(held < 5 || inbound !== undefined, `${held} held, nothing told of`);
  });
});
