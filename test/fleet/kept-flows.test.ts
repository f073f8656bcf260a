import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { flowOf, keptFlows } from '../../src/detect/fleet/kept-flows.js';
import { SweptFlows } from '../../src/detect/fleet/swept-flows.js';
import { MS } from '../../src/model/time.js';
import type { FlowSighting } from '../../src/stats/flow-groups.js';
import { RANGE, SweepOfQueues } from './sweep-of-queues.js';

const row = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i);
/** An ICMP path, and a SYN path of 16 ports. */
const PORTS = [[], row(20_000, 16)];

/** Stalls of the queues in turn, of a path whose flows are spread as said. */
function stalls(
  queues: readonly number[],
  queueOf = (flow: number): number => flow % 8,
  path = 1,
  flows = 16,
): FlowSighting[] {
  const all = row(0, flows);
  return queues.map((queue) => ({
    hit: all.filter((flow) => queueOf(flow) === queue).map((flow) => flowOf(path, flow)),
    passed: all.filter((flow) => queueOf(flow) !== queue).map((flow) => flowOf(path, flow)),
  }));
}

suite('which flows of a sweep are kept', () => {
  test('one queue of eight stalls: its two flows half a turn apart, one for each further queue, two new ports', () => {
    assert.deepEqual(keptFlows(stalls([3, 3, 3, 3]), PORTS, RANGE), {
      ports: [[], [20_003, 20_000, 20_001, 20_002, 20_004, 20_011, 20_005, 20_006, 20_007, 19_968, 19_969]],
      together: [[flowOf(1, 0), flowOf(1, 5)]],
      passing: [1, 2, 3, 4, 6, 7, 8].map((flow) => flowOf(1, flow)),
    });
  });

  test('nothing is said as long as the grouping is not certain, nor where nothing is gained', () => {
    const situations: [title: string, sightings: FlowSighting[], ports?: number[][]][] = [
      ['no stall', []],
      ['three stalls', stalls([3, 3, 3])],
      ['stalls of all flows', stalls([0, 0, 0, 0, 0, 0], () => 0)],
      ['flows that are held one by one', stalls([0, 1, 2, 3, 4, 5, 6, 7], (flow) => flow % 8)],
      ['flows that are held together once only', [...stalls([3, 3]), ...stalls([3, 3], (flow) => (flow + 5) % 8)]],
      ['other flows each time', row(0, 6).flatMap((by) => stalls([0], (flow) => (flow * 3 + by) % 7))],
      ['two queues: nothing is gained', stalls([1, 1, 1, 1], (flow) => flow % 2)],
      ['few flows: nothing is gained', stalls([1, 1, 1, 1], (flow) => flow % 4, 1, 4), [[], row(20_000, 4)]],
    ];
    for (const [title, sightings, ports = PORTS] of situations)
      assert.equal(keptFlows(sightings, ports, RANGE), null, title);
  });

  test('each queue that stalls keeps two', () => {
    const kept = keptFlows(
      stalls([1, 5, 1, 5, 1, 5], (flow) => flow % 8, 1, 32),
      [[], row(20_000, 32)],
      RANGE,
    );
    assert.deepEqual(
      kept?.together.map((group) => group.map((flow) => kept.ports[1]?.[flow % 0x1_0000])),
      [
        [20_001, 20_009],
        [20_005, 20_013],
      ],
    );
  });

  test('a path whose flows all fare alike keeps them', () => {
    const sightings = stalls([3, 3, 3, 3]).map(({ hit, passed }) => ({
      hit: [...hit, ...row(0, 16).map((flow) => flowOf(2, flow))],
      passed,
    }));
    const ports = [...PORTS, row(20_064, 16)];
    const kept = keptFlows(sightings, ports, RANGE);
    assert.deepEqual(kept?.ports[2], ports[2]);
    assert.ok((kept?.ports[1]?.length ?? 16) < 16);
  });

  test('new ports are none of its own, none beyond the range, and none of another block', () => {
    const first = (ports: readonly number[], range: readonly [number, number]): (number | undefined)[] =>
      keptFlows(stalls([3, 3, 3, 3]), [[], ports], range)?.ports[1]?.slice(-2) ?? [];
    assert.deepEqual(first(row(20_000, 16), RANGE), [19_968, 19_969]);
    assert.deepEqual(first(row(20_000, 16), [20_000, 20_100]), [20_016, 20_017]);
    assert.deepEqual(first(row(19_968, 16), RANGE), [19_984, 19_985]);
  });
});

suite('the flows of a sweep while it lasts', () => {
  const known = (): SweptFlows => {
    const flows = new SweptFlows(RANGE);
    const changes = stalls([3, 3, 3, 3]).map((stall) => flows.saw(stall, PORTS)?.to);
    assert.deepEqual(changes, [undefined, undefined, undefined, 'kept']);
    return flows;
  };
  const after = (flows: SweptFlows, sightings: readonly FlowSighting[]) =>
    sightings.map((one) => flows.saw(one, PORTS)).map((change) => (change?.to === 'all' ? change.because : change));
  const at = (...flows: number[]): number[] => flows.map((flow) => flowOf(1, flow));
  const agreeing = { hit: at(0, 5), passed: at(1, 2, 3) };

  test('what agrees changes nothing, nor does a stall of all flows or a single stray', () => {
    const stray = { hit: at(0, 2), passed: at(1, 3) };
    const all = { hit: at(0, 1, 2, 3, 4, 5), passed: [] };
    const apart = { hit: at(0), passed: at(5, 1) };
    assert.deepEqual(after(known(), [agreeing, stray, agreeing, all, apart, agreeing, all]), new Array(7).fill(null));
  });

  test('flows of one queue that part twice, and such as had passed and are held twice, end it', () => {
    assert.deepEqual(
      after(known(), [
        { hit: at(0), passed: at(5, 1) },
        { hit: at(5), passed: at(0) },
      ]),
      [null, 'flows that shared a queue part'],
    );
    assert.deepEqual(
      after(known(), [
        { hit: at(2), passed: at(1) },
        { hit: at(2, 3), passed: at(1) },
      ]),
      [null, 'flows that had passed are held'],
    );
  });

  test('a new port may be on any queue', () => {
    const fresh = { hit: at(0, 5, 9, 10), passed: at(1, 2) };
    assert.deepEqual(after(known(), [fresh, fresh]), [null, null]);
  });

  test('three stalls that only the usual probes see end it', () => {
    const flows = known();
    assert.equal(flows.usualSaw(), null);
    assert.equal(flows.usualSaw(), null);
    assert.deepEqual(after(flows, [agreeing]), [null]);
    assert.deepEqual([flows.usualSaw(), flows.usualSaw(), flows.usualSaw()?.to], [null, null, 'all']);
    assert.equal(flows.usualSaw(), null);
  });

  test('it is learnt once more, and then no more', () => {
    const flows = known();
    const moved = { hit: at(2), passed: at(1) };
    after(flows, [moved, moved]);
    assert.deepEqual(
      stalls([5, 5, 5, 5]).map((stall) => flows.saw(stall, PORTS)?.to),
      [undefined, undefined, undefined, 'kept'],
    );
    after(flows, [moved, moved]);
    assert.deepEqual(after(flows, stalls([5, 5, 5, 5, 5])), new Array(5).fill(null));
  });

  test('what was known when a sweep ended is known when the next one begins', () => {
    const flows = known();
    const ports = keptFlows(stalls([3, 3, 3, 3]), PORTS, RANGE)?.ports;
    flows.usualSaw();
    flows.usualSaw();
    assert.deepEqual(flows.again(), ports);
    assert.deepEqual([flows.usualSaw(), flows.usualSaw(), flows.usualSaw()?.to], [null, null, 'all']);
    assert.equal(flows.again(), null);
    assert.equal(
      stalls([5, 5, 5, 5])
        .map((stall) => flows.saw(stall, PORTS)?.to)
        .at(-1),
      'kept',
    );
  });

  test('ports that cannot be had are not asked for again in the same sweep', () => {
    const flows = known();
    assert.deepEqual(flows.refused('taken'), { to: 'all', because: 'taken' });
    assert.deepEqual(after(flows, stalls([3, 3, 3, 3, 3])), new Array(5).fill(null));
  });
});

suite('what that gains, at the same rate', () => {
  const SEEDS = row(1, 30);
  const TRIALS = 12;

  interface Seen {
    /** Probes that a stall of the queue holds. */
    held: number;
    /** Of its stalls, the part that the detectors find. */
    found: number;
    /** Of those of other queues. */
    others: number;
    rate: number;
  }

  /** Stalls of 140 ms until flows are chosen; then stalls of some length, with all flows and with the chosen ones. */
  function gain(queues: number, lengthNs: number) {
    let chosen = 0;
    const sum = { all: [0, 0, 0, 0], kept: [0, 0, 0, 0] };
    for (const seed of SEEDS) {
      const learning = new SweepOfQueues(queues, seed);
      const flows = new SweptFlows(RANGE);
      let change: ReturnType<SweptFlows['saw']> = null;
      for (let i = 0; i < 12 && change === null; i += 1) {
        const { found } = learning.stall(140 * MS);
        if (found !== undefined) change = flows.saw(learning.sighting(found), learning.ports);
      }
      if (change?.to !== 'kept') continue;
      chosen += 1;
      for (const side of ['all', 'kept'] as const) {
        const sweep = new SweepOfQueues(queues, seed);
        if (side === 'kept') sweep.use(change.ports);
        const own = row(0, TRIALS).map(() => sweep.stall(lengthNs));
        const others = row(0, TRIALS).map((i) => sweep.stall(lengthNs, 1 + (i % (queues - 1))));
        const means = [
          mean(own.map(({ held }) => held)),
          mean(own.map(({ found }) => (found === undefined ? 0 : 1))),
          mean(others.map(({ found }) => (found === undefined ? 0 : 1))),
          sweep.packetsPerSecond,
        ];
        sum[side] = sum[side].map((value, i) => value + (means[i] as number));
      }
    }
    const seen = (side: readonly number[]): Seen => {
      const [held = 0, found = 0, others = 0, rate = 0] = side.map((value) => value / chosen);
      return { held, found, others, rate: Math.round(rate) };
    };
    return { chosen: chosen / SEEDS.length, all: seen(sum.all), kept: seen(sum.kept) };
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  const situations: [queues: number, lengthMs: number, held: number, found: number][] = [
    [4, 80, 1.3, 0.05],
    [8, 80, 1.5, 0.2],
    [8, 140, 1.5, 0.1],
    [16, 140, 1.4, 0.1],
  ];
  for (const [queues, lengthMs, held, found] of situations) {
    test(`of ${queues} queues one stalls for ${lengthMs} ms: ${held} times the probes and more are held`, (t) => {
      const { chosen, all, kept } = gain(queues, lengthMs * MS);
      t.diagnostic(JSON.stringify({ chosen, all, kept }));
      assert.equal(kept.rate, all.rate);
      assert.ok(kept.held >= held * all.held, `${kept.held} against ${all.held}`);
      assert.ok(kept.found >= all.found + found, `${kept.found} against ${all.found}`);
    });
  }
});
