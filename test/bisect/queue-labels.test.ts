import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { IncidentFlows } from '../../src/bisect/evidence/incident-flows.js';
import { labelQueues } from '../../src/bisect/evidence/queue-labels.js';

/** Incidents of a path of echoes that pass, and of one of flows: those that waited, and those that passed. */
function labels(...incidents: readonly (readonly [hit: readonly number[], clean: readonly number[]])[]) {
  const none = { mixed: 0, freshHeld: 0, freshClean: 0, heldProbes: 0 };
  const flows = incidents.map(
    ([hit, clean]) =>
      new IncidentFlows([
        { hit: [], clean: [0], ...none },
        { hit, clean, ...none },
      ]),
  );
  return labelQueues(flows, [true, true]);
}

suite('which stalls are of the same queue', () => {
  test('those in which the same flows wait', () => {
    const { of, count } = labels(
      [
        [1, 2],
        [3, 4],
      ],
      [[3], [1, 2, 4]],
      [
        [1, 2],
        [5, 6],
      ],
      [[3], [1, 5]],
    );
    assert.deepEqual([of, count], [[0, 1, 0, 1], 2]);
  });

  test('that echoes pass in both does not make them one, where flows say that they are two', () => {
    const { of } = labels([[1], [2]], [[5], [6]], [[2], [1]], [[6], [5]]);
    assert.notEqual(of[0], of[2]);
    assert.notEqual(of[1], of[3]);
  });

  test('those that nothing tells apart are no more queues than it takes', () => {
    const { count } = labels([[1], [2]], [[5], [6]], [[9], [10]], [[2], [1]]);
    assert.equal(count, 2);
  });
});
