import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { partedStalls, predictQueues, queueWords, type Receiver } from '../../src/bisect/paths/queue-prediction.js';
import { DEFAULT_RSS_KEY, evenTable, type HashedPacket } from '../../src/bisect/paths/toeplitz.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';
import { groupFlows } from '../../src/stats/flow-groups.js';

const FLOWS = 16;
const card: ReceiveSide = {
  interface: 'eth0',
  rxQueues: 4,
  spreadBySoftware: false,
  cpusOfQueue: [[0], [2], [4], [6, 7]],
  spread: { by: 'toeplitz', key: DEFAULT_RSS_KEY, table: evenTable(4), ports: { ipv4: true, ipv6: false } },
};
const packets = new Map(
  Array.from({ length: FLOWS }, (_, flow): [number, HashedPacket] => [
    flow,
    { from: '172.16.33.44', to: '172.16.47.27', ports: { from: 41_000 + flow, to: 30_927 } },
  ]),
);
const receiver = (side: Partial<ReceiveSide> = {}): Receiver => ({ side: { ...card, ...side }, packets });
const all = Array.from({ length: FLOWS }, (_, flow) => flow);

/** The flows that wait and pass where one queue stalls again and again. */
const stallsOf = (waits: (flow: number) => boolean) =>
  groupFlows(
    Array.from({ length: 10 }, () => ({ hit: all.filter(waits), passed: all.filter((flow) => !waits(flow)) })),
  );

suite('what the card says of the flows that wait', () => {
  const queues = predictQueues(receiver());
  const third = stallsOf((flow) => queues?.get(flow) === 3);

  test('a prediction that agrees names queue and CPUs', () => {
    const count = all.filter((flow) => queues?.get(flow) === 3).length;
    assert.ok(count > 0 && count < FLOWS);
    const words = queueWords('node', third, receiver());
    assert.match(words[0] ?? '', /^by the flows that wait together node has about \d+ receive queues/);
    assert.equal(
      words[2],
      `the hash of eth0 puts ${count} flows that wait together on queue 3 (CPUs 6, 7): the prediction agrees with what was seen`,
    );
  });

  test('flows that part against the prediction are parted elsewhere', () => {
    const words = queueWords(
      'node',
      stallsOf((flow) => flow < 5),
      receiver(),
    );
    assert.match(
      words.at(-1) ?? '',
      /does not agree with what was seen, so the flows part elsewhere than at this card$/,
    );
  });

  test('the number of queues that the machine says is compared with that of the flows', () => {
    assert.match(queueWords('node', third, receiver())[1] ?? '', /^node says eth0 has 4: that agrees$/);
    assert.match(queueWords('node', third, receiver({ rxQueues: 64 }))[1] ?? '', /has 64: that does not agree/);
  });

  test('behind RPS the number of queues says nothing, and the prediction ends at the card', () => {
    const words = queueWords('node', third, receiver({ spreadBySoftware: true }));
    assert.equal(words.length, 2);
    assert.match(words[1] ?? '', /, before RPS spreads them on: the prediction agrees/);
  });

  test('without a key nothing is predicted, and it says why', () => {
    const hidden = receiver({
      spread: { by: 'unknown', why: 'veth tells no key: a software hash, whose key is secret' },
    });
    assert.equal(predictQueues(hidden), null);
    assert.equal(
      queueWords('node', third, hidden).at(-1),
      'which queue a flow of node lands on is learnt from the stalls alone: veth tells no key: a software hash, whose key is secret',
    );
  });

  test('a card that hashes addresses alone puts all flows of a pair of machines on one queue', () => {
    const { spread } = card;
    assert.ok(spread.by === 'toeplitz');
    const byAddress = receiver({ spread: { ...spread, ports: { ipv4: false, ipv6: false } } });
    assert.equal(new Set(predictQueues(byAddress)?.values()).size, 1);
  });

  suite('flows that the key puts into one queue part', () => {
    const held = all.filter((flow) => queues?.get(flow) === 3);
    const agreeing = { hit: held, passed: all.filter((flow) => !held.includes(flow)) };
    const parting = { hit: held.slice(0, 1), passed: all.filter((flow) => flow !== held[0]) };
    const ofAll = { hit: all, passed: [] };
    const predicted = queues ?? new Map<number, number>();

    for (const [title, sightings, parted] of [
      ['never', [agreeing, agreeing, ofAll], 0],
      ['once, which may be an accident', [agreeing, parting], 0],
      ['in two stalls', [parting, agreeing, parting], 2],
      ['in two of twenty', [...Array.from({ length: 18 }, () => agreeing), parting, parting], 0],
      ['in three of twenty', [...Array.from({ length: 17 }, () => agreeing), parting, parting, parting], 3],
    ] as const)
      test(title, () => assert.equal(partedStalls(sightings, predicted), parted));

    test('then nothing is predicted, and it says why', () => {
      const sightings = [parting, parting];
      assert.equal(
        queueWords('node', groupFlows(sightings), receiver(), sightings).at(-1),
        'flows that the key of eth0 puts into one queue of node parted in 2 of 2 stalls: what comes in there is hashed otherwise, or was translated on its way, so nothing is predicted by the key',
      );
    });
  });

  test('where all flows wait, nothing is said of queues', () => {
    assert.deepEqual(
      queueWords(
        'node',
        stallsOf(() => true),
        receiver(),
      ),
      [],
    );
  });
});
