import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PathObservation } from '../../src/bisect/evidence/observation.js';
import { hashedPath, unitOf } from '../../src/bisect/paths/hashed-path.js';
import { topologyOf } from '../../src/bisect/paths/topology.js';
import { scoreDrawn, scorePath, scoreSomeFlows, scoreUnknownPath } from '../../src/bisect/weigh/path-likelihood.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { LAB_HOSTS } from './sim-cluster.js';

const paths = measuredPaths(LAB_HOSTS).map(({ measured }) => measured);
const topology = topologyOf(paths);
const at = (name: string): number => paths.findIndex((path) => path.name === name);
const counts = {
  unknown: 0,
  flows: [],
  whole: unitOf(0, 0),
  freshHeld: 0,
  freshPassed: 0,
  odd: 0,
  byMeeting: [],
};
const on = (name: string, machine: string) => hashedPath(counts, topology, at(name), machine);

suite('what the queues of a machine hash', () => {
  for (const [name, machine, tunnelled, twice] of [
    ['shell>node/syn', 'node', false, false],
    ['client>pod/syn', 'node', true, false],
    ['bad>pod-remote/icmp', 'node', true, false],
    ['shell>nodeport-remote/syn', 'node', true, true],
    ['shell>nodeport-remote/syn', 'node-remote', true, false],
    // What comes back to a vantage outside has left the tunnel.
    ['shell>nodeport-remote/syn', 'shell', false, false],
  ] as const)
    test(`${name} at ${machine}: ${tunnelled ? 'inside the tunnel' : 'plain'}, ${twice ? 'twice' : 'once'}`, () => {
      const path = on(name, machine);
      assert.deepEqual([path.tunnelled, path.twice], [tunnelled, twice]);
    });

  test('outside of the tunnel its packets are those of the two nodes, inside of it they are not', () => {
    const [tunnelled, plain] = [on('bad>pod-remote/icmp', 'node'), on('bad>node-remote/icmp', 'node')];
    assert.equal(tunnelled.group, plain.group);
    assert.notEqual(tunnelled.innerGroup, plain.innerGroup);
    assert.equal(tunnelled.innerGroup, on('bad>pod-remote/syn', 'node').innerGroup);
  });

  test('what a node passes on to another one has the addresses inside that its own probes to that pod have', () => {
    const passedOn = on('shell>nodeport-remote/syn', 'node-remote').innerGroup;
    assert.equal(passedOn, on('external>nodeport-remote/syn', 'node-remote').innerGroup);
    assert.equal(passedOn, on('bad>pod-remote/icmp', 'node-remote').innerGroup);
  });
});

suite('a path of which some flows may come by the place', () => {
  const seen = (hit: number[], clean: number[]): PathObservation => ({
    hit,
    clean,
    mixed: 0,
    freshHeld: 0,
    freshClean: 0,
    heldProbes: hit.length,
  });
  const flows = Array.from({ length: 16 }, (_, flow) => flow);
  const run = (one: PathObservation) => Array.from({ length: 12 }, () => one);
  const none = (all: readonly PathObservation[]): number => all.reduce((sum, one) => sum + scorePath(one).none, 0);

  test('may pass whole: none of its flows comes by there, which costs a factor of four at most', () => {
    const passed = run(seen([], flows));
    assert.ok(scoreSomeFlows(passed, none(passed)) > none(passed) - Math.log(4));
  });

  test('may wait in part, always the same flows: far likelier than by chance', () => {
    const parted = run(seen(flows.slice(0, 8), flows.slice(8)));
    assert.ok(scoreSomeFlows(parted, none(parted)) > scoreUnknownPath(parted) + Math.log(1_000));
  });

  test('may wait in few of its flows: no less likely than on one of many queues, but for a small factor', () => {
    const one = run(seen([3], flows.slice(4)));
    const queue = Math.log(1 / 16) + 12 * Math.log(15 / 16);
    assert.ok(scoreSomeFlows(one, none(one)) > queue - Math.log(20));
  });

  test('may wait by chance, other flows each time: likelier than anything at all', () => {
    const drawn = Array.from({ length: 12 }, (_, i) => {
      const held = flows.filter((flow) => (flow * 7 + i * 5) % 11 < 5);
      return seen(
        held,
        flows.filter((flow) => !held.includes(flow)),
      );
    });
    assert.ok(scoreDrawn(drawn) > scoreUnknownPath(drawn) + Math.log(1_000));
    assert.ok(scoreSomeFlows(drawn, none(drawn)) > scoreUnknownPath(drawn) + Math.log(1_000));
  });
});
