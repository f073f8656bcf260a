import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AnsweredSweep } from '../../src/detect/answered-sweep.js';
import type { Stall } from '../../src/model/finding.js';
import { FRESH_FLOW } from '../../src/model/sample.js';
import { MS } from '../../src/model/time.js';

const LEVEL = {
  medianNs: MS,
  holdNs: 2 * MS,
  stallNs: 20 * MS,
  thresholdNs: 100 * MS,
  spikeNs: 100 * MS,
  spreadNs: MS,
};

function sweep(probes: number): AnsweredSweep {
  const path = { name: 'a>b/syn', intervalNs: 10 * MS, flows: 16, protocol: 'syn', freshPerSecond: 5 } as const;
  const own = new AnsweredSweep(path);
  for (let i = 0; i < probes; i += 1) own.answer(i * 10 * MS, i % 16);
  return own;
}

/** Four of sixteen flows wait together, as they do on one of four queues. */
function stall(): Stall {
  const flowsExposed = Array.from({ length: 16 }, (_, flow) => flow).filter((flow) => flow % 4 !== 0);
  return { flowsHit: [0, 4, 8, 12], flowsExposed } as unknown as Stall;
}

suite('what of a plan was answered', () => {
  test('a flow knows its own last probe, new ports have theirs in common', () => {
    const own = sweep(17);
    assert.equal(own.answer(170 * MS, 0), 160 * MS);
    assert.equal(own.answer(171 * MS, FRESH_FLOW), -1);
    assert.equal(own.answer(180 * MS, FRESH_FLOW), 171 * MS);
    assert.equal(own.answeredNs(3), 30 * MS);
  });

  test('the widest gap is between answered probes that follow each other', () => {
    const own = sweep(10);
    own.unanswered(100 * MS);
    own.answer(130 * MS, 13);
    assert.equal(own.widestGapNs, 40 * MS);
  });

  test('only what was answered counts as swept', () => {
    assert.equal(sweep(1).coverage(LEVEL, undefined), null);
    assert.equal(sweep(5).coverage(LEVEL, undefined)?.sweep.flows, 5);
  });
});

suite('receive queues that a clean bill speaks of', () => {
  const said = (stalls: number, asked?: number): unknown[] => {
    const own = sweep(100);
    for (let i = 0; i < stalls; i += 1) own.stalled(stall());
    const { queues, queuesFrom } = own.coverage(LEVEL, asked) ?? {};
    return [queues, queuesFrom];
  };
  test('8 where nobody knows', () => assert.deepEqual(said(0), [8, 'assumed']));
  test('two stalls are too few to learn from', () => assert.deepEqual(said(2), [8, 'assumed']));
  test('as the flows show that wait together', () => assert.deepEqual(said(3), [4, 'flows']));
  test('as the user says, whatever the flows show', () => assert.deepEqual(said(3, 16), [16, 'asked']));
});
