import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PlainAnswers } from '../../src/detect/plain-answers.js';
import { allocateSamples, Outcomes, type SampleColumns, SampleFlags } from '../../src/model/sample.js';
import { MS } from '../../src/model/time.js';

const LEVEL = {
  belowNs: 10 * MS,
  untilNs: 1_000 * MS,
  stamps: 0,
  room: 3,
  sentNs: 0,
  arrivalNs: 1 * MS,
  releases: false,
};

interface Answer {
  readonly path?: number;
  readonly sentNs?: number;
  readonly rttNs?: number;
  readonly outcome?: number;
  readonly flags?: number;
}

function answer(about: Answer = {}): SampleColumns {
  const { path = 0, sentNs = 20 * MS, rttNs = 1 * MS, outcome = Outcomes.reply, flags = 0 } = about;
  const samples = allocateSamples(1);
  samples.path[0] = path;
  samples.dueNs[0] = sentNs - 7;
  samples.sentNs[0] = sentNs;
  samples.rttNs[0] = rttNs;
  samples.outcome[0] = outcome;
  samples.flags[0] = flags;
  samples.flow[0] = 4;
  return samples;
}

function expecting(level: Partial<typeof LEVEL> = {}): PlainAnswers {
  const plain = new PlainAnswers();
  plain.add(0);
  plain.expect(0, { ...LEVEL, ...level });
  return plain;
}

describe('an answer need only be counted', () => {
  const situations: [string, Answer, boolean][] = [
    ['as usual', {}, true],
    ['from a port of its own', { flags: SampleFlags.freshFlow }, true],
    ['slow', { rttNs: 10 * MS }, false],
    ['late', { outcome: Outcomes.late }, false],
    ['none at all', { outcome: Outcomes.lost, rttNs: -1 }, false],
    ['over a step of the clock', { flags: SampleFlags.clockStep }, false],
    ['stamped by others', { flags: SampleFlags.socketReceivedStamp }, false],
    ['held on the way out', { flags: SampleFlags.heldInQueue }, false],
    ['when something is to be judged', { sentNs: 999 * MS, rttNs: 1 * MS }, false],
    ['behind one that came as this probe was sent', { sentNs: 1 * MS }, false],
  ];
  for (const [what, given, plain] of situations) {
    test(`${what}: ${plain ? 'yes' : 'no'}`, () => assert.equal(expecting().take(answer(given), 0, 1) === 1, plain));
  }

  for (const [releases, sentNs, plain] of [
    [false, 10 * MS, true],
    // One that was answered late by the next probe may have been the last of them; a quick one tells nothing.
    [true, 10 * MS, false],
    [true, 20 * MS, true],
  ] as const) {
    const before = `${sentNs / MS} ms behind one that took 1 ms`;
    test(`${before}, ${releases ? 'while answers are' : 'no answer was'} let go by the next probe: ${plain ? 'yes' : 'no'}`, () =>
      assert.equal(expecting({ releases }).take(answer({ sentNs }), 0, 1) === 1, plain));
  }

  test('not of a path that nobody has told of', () => {
    const plain = new PlainAnswers();
    assert.equal(plain.take(answer({ path: 7 }), 0, 1), 0);
    plain.add(7);
    assert.equal(plain.take(answer({ path: 7 }), 0, 1), 0);
  });
});

test('so many wait as there is room for, and are given as they came', () => {
  const plain = expecting();
  const taken = [20, 30, 40, 50].map((ms) => plain.take(answer({ sentNs: ms * MS }), 0, 1) === 1);
  assert.deepEqual(taken, [true, true, true, false]);
  const { length, sentNs, rttNs, sendErrorNs, flow } = plain.drain(0);
  assert.equal(length, 3);
  assert.deepEqual([...sentNs.slice(0, 3)], [20 * MS, 30 * MS, 40 * MS]);
  assert.deepEqual([rttNs[2], sendErrorNs[2], flow[2]], [1 * MS, 7, 4]);
  assert.equal(plain.drain(0).length, 0);
});

test('no room: each is looked at by itself', () => {
  assert.equal(expecting({ room: 0 }).take(answer(), 0, 1), 0);
});

test('what waits of one path stays while others come', () => {
  const plain = expecting();
  plain.take(answer(), 0, 1);
  for (let path = 1; path < 40; path += 1) plain.add(path);
  assert.equal(plain.drain(0).length, 1);
  assert.equal(plain.drain(39).length, 0);
});
