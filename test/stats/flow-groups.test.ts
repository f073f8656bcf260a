import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { agreesWith, type FlowSighting, groupFlows } from '../../src/stats/flow-groups.js';
import { seeded } from '../detect/build-stream.js';

/** Incidents of queues chosen in turn, in which only part of the flows has a probe under way. */
function sightings(queueOf: (flow: number) => number, flows: number, stalled: readonly number[], seen = 0.8) {
  const random = seeded(3);
  return stalled.map((queue): FlowSighting => {
    const shown = Array.from({ length: flows }, (_, flow) => flow).filter(() => random() < seen);
    return {
      hit: shown.filter((flow) => queueOf(flow) === queue),
      passed: shown.filter((flow) => queueOf(flow) !== queue),
    };
  });
}

suite('flows that stall together', () => {
  test('one stalled queue of four: its flows are one group, the others pass', () => {
    const groups = groupFlows(sightings((flow) => flow % 4, 16, new Array(12).fill(2)));
    assert.deepEqual(groups.stalled, [[2, 6, 10, 14]]);
    assert.equal(groups.passing.length, 12);
    assert.equal(groups.queues?.likely, 4);
    assert.ok((groups.queues?.least ?? 0) >= 2 && (groups.queues?.most ?? 99) <= 16, JSON.stringify(groups.queues));
  });

  test('two stalled queues of eight are two groups', () => {
    const groups = groupFlows(sightings((flow) => flow % 8, 32, [1, 5, 1, 5, 1, 5, 1, 5, 1, 5, 1, 5]));
    assert.deepEqual(groups.stalled, [
      [1, 9, 17, 25],
      [5, 13, 21, 29],
    ]);
    assert.equal(groups.queues?.likely, 8);
  });

  test('all flows wait together: nothing is known of further queues', () => {
    const groups = groupFlows(sightings(() => 0, 16, new Array(6).fill(0)));
    assert.equal(groups.stalled.length, 1);
    assert.equal(groups.queues, null);
  });

  test('no incident, no group', () => {
    assert.deepEqual(groupFlows([]), { stalled: [], passing: [], queues: null });
  });

  test('more flows narrow the number of queues down', () => {
    const width = (flows: number): number => {
      const { queues } = groupFlows(sightings((flow) => flow % 4, flows, new Array(12).fill(0), 1));
      return (queues?.most ?? 0) - (queues?.least ?? 0);
    };
    assert.ok(width(64) < width(16), `${width(64)} < ${width(16)}`);
  });

  test('a prediction agrees when flows that wait together share a queue, and no passing flow has it', () => {
    const groups = groupFlows(sightings((flow) => flow % 4, 16, new Array(12).fill(2)));
    const predicted = (queueOf: (flow: number) => number) =>
      new Map(Array.from({ length: 16 }, (_, flow) => [flow, queueOf(flow)]));
    assert.equal(
      agreesWith(
        groups,
        predicted((flow) => flow % 4),
      ),
      true,
    );
    assert.equal(
      agreesWith(
        groups,
        predicted((flow) => flow % 2),
      ),
      false,
    );
    assert.equal(
      agreesWith(
        groups,
        predicted((flow) => flow),
      ),
      false,
    );
  });
});
