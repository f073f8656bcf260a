import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { flowsByQueue, portsByQueue, portsInstead } from '../../src/bisect/paths/ports-by-queue.js';
import { DEFAULT_RSS_KEY, evenTable, queueByRss } from '../../src/bisect/paths/toeplitz.js';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import type { ReceiveSide } from '../../src/model/receive-side.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { buildStream, seeded } from '../detect/build-stream.js';

const row = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i);
const FREE = row(12_000, 4_096);
const WAY = { from: '172.16.33.44', to: '172.16.47.27', port: 9_876 };
const WAY_6 = { from: 'fd00::33:44', to: 'fd00::47:27', port: 9_876 };
/** Both directions of a connection come in on one queue. */
const SYMMETRIC = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0x6d : 0x5a));

type Spread = Extract<ReceiveSide['spread'], { by: 'toeplitz' }>;
const spreadBy = (table: readonly number[], key = DEFAULT_RSS_KEY, ports = true): Spread => ({
  by: 'toeplitz',
  key,
  table,
  ports: { ipv4: ports, ipv6: ports },
});
const card = (spread: ReceiveSide['spread'], spreadBySoftware = false): ReceiveSide => ({
  interface: 'eth0',
  rxQueues: 64,
  spreadBySoftware,
  cpusOfQueue: [],
  spread,
});

/** The queue of each flow of a path whose ports are chosen. */
function queuesOf(spread: Spread, way = WAY, free: readonly number[] = FREE): readonly number[] | null {
  const flows = flowsByQueue(card(spread), way.from.includes(':'), 16);
  const ports = flows && portsByQueue(flows, spread, way, free);
  if (ports === null) return null;
  assert.equal(new Set(ports).size, ports.length, 'none twice');
  assert.ok(ports.length <= 64 && Math.max(...ports) - Math.min(...ports) < 4_096, 'a plan can name them');
  return ports.map((from) => queueByRss({ from: way.from, to: way.to, ports: { from, to: way.port } }, spread));
}

suite('source ports by the key of a card', () => {
  const times = (queues: readonly number[], each: number, rounds = 1): number[] =>
    row(0, rounds).flatMap(() => queues.flatMap((queue) => row(0, each).map(() => queue)));
  const situations: [title: string, table: readonly number[], queues: readonly number[]][] = [
    ['2 queues: more rounds, with as many flows as otherwise', evenTable(2), times([0, 1], 3, 2)],
    ['3 queues', evenTable(3), times([0, 1, 2], 3)],
    ['4 queues', evenTable(4), times(row(0, 4), 3)],
    ['8 queues: three of each in a row', evenTable(8), times(row(0, 8), 3)],
    ['16 queues', evenTable(16), times(row(0, 16), 3)],
    ['21 queues: as many as a plan can name', evenTable(21), times(row(0, 21), 3)],
    ['22 queues: two of each', evenTable(22), times(row(0, 22), 2)],
    ['32 queues', evenTable(32), times(row(0, 32), 2)],
    ['64 queues: one of each', evenTable(64), times(row(0, 64), 1)],
    ['a table that leaves queues out', evenTable(8).map((queue) => (queue < 4 ? 2 : 5)), times([2, 5], 3, 2)],
    [
      'a table with a queue that few entries lead to',
      evenTable(128).map((i) => (i < 2 ? 7 : i % 7)),
      times(row(0, 8), 3),
    ],
    ['a long table', evenTable(16, 512), times(row(0, 16), 3)],
  ];
  for (const [title, table, queues] of situations) {
    test(`${title}: IPv4`, () => assert.deepEqual(queuesOf(spreadBy(table)), queues));
    test(`${title}: IPv6`, () => assert.deepEqual(queuesOf(spreadBy(table), WAY_6), queues));
    test(`${title}: a symmetric key`, () => assert.deepEqual(queuesOf(spreadBy(table, SYMMETRIC)), queues));
  }

  test('nothing is chosen where ports do not decide the queue, or not all queues can be reached', () => {
    const none: [title: string, side: ReceiveSide][] = [
      ['no key', card({ by: 'unknown', why: 'veth tells no key' })],
      ['addresses alone are hashed', card(spreadBy(evenTable(8), DEFAULT_RSS_KEY, false))],
      ['one queue', card(spreadBy(evenTable(1)))],
      ['more queues than a plan can name ports', card(spreadBy(evenTable(65)))],
      ['RPS spreads them on', card(spreadBy(evenTable(8)), true)],
    ];
    for (const [title, side] of none) assert.equal(flowsByQueue(side, false, 16), null, title);
    assert.equal(queuesOf(spreadBy(evenTable(8)), WAY, row(12_000, 20)), null, 'too few free ports');
    // All of its windows are the same but for two.
    const flat = Array.from({ length: 40 }, () => 0xff);
    assert.equal(queuesOf(spreadBy(evenTable(8), flat)), null, 'a key of few different bits');
  });

  test('each family has ports in its hash, or has not', () => {
    const spread: Spread = { ...spreadBy(evenTable(8)), ports: { ipv4: true, ipv6: false } };
    assert.notEqual(flowsByQueue(card(spread), false, 16), null);
    assert.equal(flowsByQueue(card(spread), true, 16), null);
  });
});

test('each flow has another port of its queue to fall back on, as long as there are any', () => {
  const queueOf = (port: number): number => port % 3;
  const situations: [title: string, candidates: readonly number[], instead: readonly number[]][] = [
    ['one each', [12, 13, 14, 15, 16], [12, 15, 13, 14]],
    ['none of a queue', [12, 15, 18, 21], [12, 15, 0, 0]],
    ['none at all', [], [0, 0, 0, 0]],
  ];
  for (const [title, candidates, instead] of situations)
    assert.deepEqual(portsInstead([3, 6, 4, 5], queueOf, candidates), instead, title);
});

/** Of one path that sends every 10 ms: how often a second pinned flows cross each of 8 queues. */
function crossings(queueOfFlow: readonly number[]): number[] {
  return row(0, 8).map((queue) => (100 * queueOfFlow.filter((own) => own === queue).length) / queueOfFlow.length);
}

test('at the same rate each of 8 queues is crossed as often; by arbitrary ports some never are', (t) => {
  const chosen = crossings(queuesOf(spreadBy(evenTable(8))) ?? []);
  assert.deepEqual(
    chosen,
    row(0, 8).map(() => 12.5),
  );
  const random = seeded(7);
  const draws = row(0, 2_000).map(() => crossings(row(0, 16).map(() => Math.floor(random() * 8))));
  const least = draws.map((each) => Math.min(...each));
  const uncrossed = draws.flat().filter((each) => each === 0).length / draws.flat().length;
  const mean = least.reduce((sum, each) => sum + each, 0) / least.length;
  const some = least.filter((each) => each === 0).length / least.length;
  t.diagnostic(
    `16 arbitrary ports: the least crossed queue ${mean.toFixed(1)} times a second, ${(100 * uncrossed).toFixed(0)} % of queues never, in ${(100 * some).toFixed(0)} % of runs one or more; by the key 12.5 for each`,
  );
  assert.ok(mean < 4 && uncrossed > 0.1 && some > 0.6);
});

const RUNS = 300;

/** Of runs with one stall of one queue, how many show it, where flows are spread over the queues so. */
function seen(queues: number, lengthNs: number, spread: (random: () => number) => readonly number[]): number {
  const shown = row(1, RUNS).filter((run) => {
    const random = seeded(run * 7_919 + queues * 101);
    const queueOfFlow = spread(random);
    const fromNs = Math.round(5 * SECOND + random() * SECOND);
    const stream = buildStream({
      seed: run,
      flows: queueOfFlow.length,
      queues,
      queueOf: (flow) => queueOfFlow[flow] as number,
      freshPerSecond: 5,
      durationNs: fromNs + lengthNs + SECOND,
      jitterNs: (r) => 40 * US * r(),
      stalls: [{ fromNs, toNs: fromNs + lengthNs, queue: Math.floor(random() * queues) }],
    });
    const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND, queues });
    return [...bank.push(stream.samples), ...bank.finish(stream.endNs)].some(({ kind }) => kind === 'stall');
  });
  return shown.length / RUNS;
}

suite('a stall of one queue shows more often at the same rate', () => {
  for (const [queues, lengthMs, least] of [
    [4, 60, 1.5],
    [8, 100, 1.2],
    [8, 140, 1.15],
    [16, 140, 1.5],
    [16, 200, 0.9],
  ] as const)
    test(`${lengthMs} ms of one of ${queues}`, (t) => {
      const arbitrary = seen(queues, lengthMs * MS, (random) => row(0, 16).map(() => Math.floor(random() * queues)));
      const chosen = seen(queues, lengthMs * MS, () => queuesOf(spreadBy(evenTable(queues))) ?? []);
      t.diagnostic(
        `${Math.round(100 * arbitrary)} % with 16 arbitrary ports, ${Math.round(100 * chosen)} % with those`,
      );
      assert.ok(chosen > least * arbitrary, `${chosen} against ${arbitrary}`);
    });
});
