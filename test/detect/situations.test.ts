import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import type { Finding } from '../../src/model/finding.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { batches, buildStream, findIn, logNormal, type StreamOptions } from './build-stream.js';

const ms = (ns: number): number => Math.round(ns / (MS / 10)) / 10;

/** One line a finding, in milliseconds: `kind probes peak [flows hit]`. */
function told(findings: readonly Finding[]): string[] {
  return findings.map((f) => `${f.kind} ${f.probes} ${ms(f.peakRttNs)} [${f.flowsHit}]`);
}

interface Situation {
  readonly title: string;
  readonly stream: StreamOptions;
  readonly thresholdNs?: number;
  readonly finds: readonly string[];
}

const hold = (fromMs: number, lengthMs: number, queue?: number) => ({
  fromNs: fromMs * MS,
  toNs: (fromMs + lengthMs) * MS,
  ...(queue === undefined ? {} : { queue }),
});
const within = (ns: number, fromMs: number, toMs: number): boolean => ns >= fromMs * MS && ns < toMs * MS;
/** Wait in a buffer that is fed at twice the rate of its link for so long, in milliseconds. */
const fed = (sentNs: number, fromMs: number, forMs: number): number =>
  Math.max(0, Math.min(sentNs - fromMs * MS, (fromMs + 2 * forMs) * MS - sentNs));
const quiet = { jitterNs: () => 0 };

const SITUATIONS: readonly Situation[] = [
  { title: 'a quiet path has no finding', stream: {}, finds: [] },
  {
    title: 'a hold of 140 ms is one stall, the probes below the threshold included',
    stream: { ...quiet, stalls: [hold(2000, 140)] },
    finds: ['stall 14 140.1 [0]'],
  },
  {
    title: 'a buffer that a burst fills and the link empties is congestion, though all leave at one instant',
    // Fed at twice the rate of the link for 140 ms, then emptied: up with slope 1, down with slope -1.
    stream: { ...quiet, delayNs: (sentNs) => fed(sentNs, 2000, 140) },
    finds: ['congestion 27 140.2 [0]'],
  },
  {
    title: 'the same on 16 flows, as all of them share the link',
    stream: { ...quiet, flows: 16, delayNs: (sentNs) => fed(sentNs, 2000, 140) },
    finds: ['congestion 27 140.2 [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]'],
  },
  {
    title: 'a hold of 95 ms is one too: the threshold says what is slow, not what is a stall',
    stream: { ...quiet, stalls: [hold(2000, 95)] },
    finds: ['stall 10 95.1 [0]'],
  },
  {
    title: 'a hold of 45 ms is one: five probes between replies of 0.2 ms',
    stream: { ...quiet, stalls: [hold(2000, 45)] },
    finds: ['stall 5 45.1 [0]'],
  },
  {
    title: 'so is one of 45 ms whatever the threshold',
    stream: { ...quiet, stalls: [hold(2000, 45)] },
    thresholdNs: 5 * SECOND,
    finds: ['stall 5 45.1 [0]'],
  },
  {
    title: 'three probes are the least: a hold of 31 ms on a path that has been quiet for long',
    stream: { ...quiet, durationNs: 20 * SECOND, stalls: [hold(15_000, 31)] },
    finds: ['stall 3 31.1 [0]'],
  },
  {
    title: 'three are none where many others were slow in the last seconds: chance could do it',
    stream: {
      ...quiet,
      durationNs: 20 * SECOND,
      delayNs: (sent) =>
        [12_000, 12_200, 12_500, 12_700, 12_900, 13_100, 13_400, 13_600, 13_900, 14_100, 14_300, 14_600].includes(
          sent / MS,
        )
          ? 40 * MS + (sent % SECOND) / 50
          : 0,
      stalls: [hold(15_000, 31)],
    },
    finds: [],
  },
  {
    title:
      'three are one where three others were slow in the last seconds, as stalls that held one probe each leave them',
    stream: {
      ...quiet,
      durationNs: 20 * SECOND,
      delayNs: (sent) => ([12_000, 12_700, 13_100].includes(sent / MS) ? 40 * MS + (sent % SECOND) / 50 : 0),
      stalls: [hold(15_000, 31)],
    },
    finds: ['stall 3 31.1 [0]'],
  },
  {
    title: 'a slow drain of seven probes a second apart is one whatever the threshold, on a path of 650 ms',
    stream: {
      ...quiet,
      intervalNs: SECOND,
      durationNs: 14 * SECOND,
      baseNs: 650 * MS,
      waitNs: 10 * SECOND,
      delayNs: (sent) => (within(sent, 5000, 11_500) ? 4950 * MS - 0.81 * (sent - 5 * SECOND) : 0),
    },
    thresholdNs: 20 * MS,
    finds: ['slow-drain 7 5600 [0]'],
  },
  {
    title: 'a rise that does not fall within the run is congestion, not a spike a probe',
    stream: {
      ...quiet,
      intervalNs: SECOND,
      durationNs: 26 * SECOND,
      waitNs: 20 * SECOND,
      delayNs: (sent) => (sent < 5 * SECOND ? 0 : Math.min(7000 * MS, 1400 * MS + (sent - 5 * SECOND) / 3)),
    },
    finds: ['congestion 21 7000.2 [0]'],
  },
  {
    title: 'one probe of 5 s alone is a spike',
    stream: { ...quiet, intervalNs: SECOND, durationNs: SECOND, baseNs: 5 * SECOND, waitNs: 10 * SECOND },
    finds: ['rtt-spike 1 5000 [0]'],
  },
  {
    title: 'two are none below the threshold',
    stream: { ...quiet, durationNs: 20 * SECOND, stalls: [hold(15_000, 20)] },
    finds: [],
  },
  {
    title: 'two are one where one of them is slow: in a sweep a stall holds no more',
    stream: { ...quiet, durationNs: 20 * SECOND, flows: 16, queues: 16, stalls: [hold(15_000, 260, 3)] },
    finds: ['stall 2 190.1 [3]'],
  },
  {
    title: 'on a path whose RTT wanders by 10 ms a hold of 45 ms does not stand out, one of 140 ms does',
    stream: {
      durationNs: 20 * SECOND,
      baseNs: 30 * MS,
      jitterNs: (random) => logNormal(random, 5 * MS, 0.8),
      stalls: [hold(12_000, 45), hold(15_000, 140)],
    },
    finds: ['stall 13 170.6 [0]'],
  },
  {
    title: 'two holds 20 ms apart are two stalls',
    stream: { ...quiet, stalls: [hold(2000, 140), hold(2160, 140)] },
    finds: ['stall 14 140.1 [0]', 'stall 14 140.1 [0]'],
  },
  {
    title: 'a hold already on when the run starts',
    stream: { ...quiet, stalls: [hold(-50, 250)] },
    finds: ['stall 20 200.1 [0]'],
  },
  {
    title: 'a hold that ends with the run',
    stream: { ...quiet, durationNs: 3 * SECOND, stalls: [hold(2850, 150)] },
    finds: ['stall 15 150.1 [0]'],
  },
  {
    title: 'a hold that ends after the last probe',
    stream: { ...quiet, durationNs: 3 * SECOND, stalls: [hold(2900, 300)] },
    finds: ['stall 10 300.1 [0]'],
  },
  {
    title: 'a hold longer than the wait time is one stall: what was lost comes late',
    stream: { ...quiet, drainNs: 0, durationNs: 8 * SECOND, stalls: [hold(2000, 3000)] },
    finds: ['stall 300 3000.1 [0]'],
  },
  {
    title: 'a hold of one of two queues, longer than the wait time, is one stall and no loss-episode',
    stream: {
      ...quiet,
      drainNs: 0,
      durationNs: 8 * SECOND,
      flows: 4,
      queues: 2,
      queueOf: (flow) => flow >> 1,
      stalls: [hold(2000, 3000, 0)],
    },
    finds: ['stall 150 3000.1 [0,1]'],
  },
  {
    title: 'a straggler of a release, 1.6 ms after the others, belongs to the stall',
    stream: {
      ...quiet,
      drainNs: 0,
      delayNs: (sent) => (sent === 2010 * MS ? 1.6 * MS : 0),
      stalls: [hold(2000, 140)],
    },
    finds: ['stall 14 140.1 [0]'],
  },
  {
    title: 'on a path of 100 ms a hold shows by its excess',
    stream: { ...quiet, baseNs: 100 * MS, stalls: [hold(2000, 140)] },
    finds: ['stall 14 240 [0]'],
  },
  {
    title: 'a path of 100 ms with 2 ms of jitter has no finding at a threshold of 100 ms',
    stream: { baseNs: 100 * MS, jitterNs: (random) => logNormal(random, 0.5 * MS, 0.6), durationNs: 20 * SECOND },
    finds: [],
  },
  {
    title: 'a path of 300 ms has no finding from its first probe on',
    stream: { baseNs: 300 * MS, durationNs: 200 * MS },
    finds: [],
  },
  {
    title: 'one slow probe is an rtt-spike',
    stream: { ...quiet, delayNs: (sent) => (sent === 2000 * MS ? 110 * MS : 0) },
    finds: ['rtt-spike 1 110.2 [0]'],
  },
  {
    title: 'two slow probes next to each other with the same RTT are two spikes, not a stall',
    stream: { ...quiet, delayNs: (sent) => (within(sent, 2000, 2020) ? 110 * MS : 0) },
    finds: ['rtt-spike 1 110.2 [0]', 'rtt-spike 1 110.2 [0]'],
  },
  {
    title: 'the +1000 ms of a clock race is a spike, not a stall',
    stream: { ...quiet, delayNs: (sent) => (sent === 2000 * MS ? 799 * MS : 0) },
    finds: ['rtt-spike 1 799.2 [0]'],
  },
  {
    title: 'two slow probes of one flow released together by chance, with quick ones between, are no stall',
    stream: {
      ...quiet,
      delayNs: (sent) => (sent === 2000 * MS ? 200 * MS : sent === 2050 * MS ? 150 * MS : 0),
    },
    finds: ['rtt-spike 1 200.2 [0]', 'rtt-spike 1 150.2 [0]'],
  },
  {
    title: 'a step up, then a fall of half a millisecond a millisecond, is a slow drain',
    stream: { ...quiet, delayNs: (sent) => (within(sent, 2000, 2300) ? 150 * MS - (sent - 2000 * MS) / 2 : 0) },
    finds: ['slow-drain 29 150.2 [0]'],
  },
  {
    title: 'a ramp up and down is congestion',
    stream: { ...quiet, delayNs: (sent) => Math.max(0, 150 * MS - Math.abs(sent - 2500 * MS) / 4) },
    finds: ['congestion 113 150.2 [0]'],
  },
  {
    title: 'a plateau of 800 ms is congestion',
    stream: { ...quiet, delayNs: (sent) => (within(sent, 2000, 2800) ? 150 * MS : 0) },
    finds: ['congestion 80 150.2 [0]'],
  },
  {
    title: 'a plateau is congestion at 1 ms, too, where many arrivals lie within the spread of a release',
    stream: {
      ...quiet,
      intervalNs: MS,
      delayNs: (sent) => (within(sent, 2000, 2800) ? 150 * MS : 0),
    },
    finds: ['congestion 800 150.2 [0]'],
  },
  {
    title: 'a slow drain is one at 1 ms, too',
    stream: {
      ...quiet,
      intervalNs: MS,
      delayNs: (sent) => (within(sent, 2000, 2300) ? 150 * MS - (sent - 2000 * MS) / 2 : 0),
    },
    finds: ['slow-drain 281 150.2 [0]'],
  },
  {
    title: 'a hold at 1 ms is one stall; its last probe waited 0.9 ms and counts as noise',
    stream: { ...quiet, intervalNs: MS, drainNs: 0, stalls: [hold(2000, 140)] },
    finds: ['stall 139 140.1 [0]'],
  },
  {
    title: 'a level that stays up is told once',
    stream: { ...quiet, durationNs: 60 * SECOND, delayNs: (sent) => (sent >= 5 * SECOND ? 150 * MS : 0) },
    finds: ['congestion 1006 150.2 [0]'],
  },
  {
    title: 'losses in a row are one episode',
    stream: { ...quiet, isLost: (sent) => within(sent, 2000, 2300) },
    finds: ['loss-episode 30 0 [0]'],
  },
  {
    title: 'single losses are left to the loss ratio',
    stream: { ...quiet, isLost: (sent) => sent % (100 * MS) === 0 },
    finds: [],
  },
  {
    title: 'losses at the end of the run are an episode',
    stream: { ...quiet, isLost: (sent) => sent >= 4500 * MS },
    finds: ['loss-episode 50 0 [0]'],
  },
  {
    title: 'a probe that comes late splits an episode',
    stream: {
      ...quiet,
      isLost: (sent) => within(sent, 2000, 2100) && sent !== 2040 * MS,
      delayNs: (sent) => (sent === 2040 * MS ? 1050 * MS : 0),
    },
    finds: ['rtt-spike 1 1050.2 [0]', 'loss-episode 4 0 [0]', 'loss-episode 5 0 [0]'],
  },
  {
    title: 'a sweep over 16 flows with one of 8 queues held hits the two flows of that queue',
    stream: { ...quiet, flows: 16, queues: 8, stalls: [hold(2000, 500, 3)] },
    finds: ['stall 6 470.1 [3,11]'],
  },
  {
    title: 'findings come in order of release: a stall waits for a spike before it that is still to be judged',
    stream: {
      ...quiet,
      flows: 16,
      queues: 16,
      delayNs: (sent) => (sent === 2000 * MS ? 150 * MS : 0),
      stalls: [hold(1900, 480, 3)],
    },
    finds: ['rtt-spike 1 150.2 [8]', 'stall 3 430.1 [3]'],
  },
  {
    title: 'two queues held at once with releases 7 ms apart are two stalls',
    stream: { ...quiet, flows: 4, queues: 2, stalls: [hold(2000, 200, 0), hold(2000, 207, 1)] },
    finds: ['stall 10 200.1 [0,2]', 'stall 10 197.1 [1,3]'],
  },
];

describe('what the detectors find', () => {
  for (const { title, stream, thresholdNs = 100 * MS, finds } of SITUATIONS) {
    it(title, () => {
      assert.deepEqual(told(findIn(buildStream(stream), { thresholdNs })), finds);
    });
  }

  it('the slow sawtooth of hping3 (3.9 to 2.0 ms at 1 s, slope -0.0003) is no stall and no drain', () => {
    const teeth = [3.9, 3.7, 3.4, 3.0, 2.7, 2.3, 2.0].map((value) => value * MS);
    const stream = buildStream({
      ...quiet,
      intervalNs: SECOND,
      durationNs: 140 * SECOND,
      baseNs: 0,
      delayNs: (sent) => teeth[(sent / SECOND) % 7] as number,
    });
    assert.deepEqual(findIn(stream), []);
    const kinds = [1, 2, 3].flatMap((threshold) => findIn(stream, { thresholdNs: threshold * MS })).map((f) => f.kind);
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'rtt-spike'),
      [],
    );
  });

  it('gives the same findings whatever the batches', () => {
    const stream = buildStream({
      flows: 16,
      queues: 4,
      freshPerSecond: 5,
      durationNs: 20 * SECOND,
      stalls: [hold(2000, 500, 1), hold(5000, 300), hold(9000, 3000, 2)],
      isLost: (sent) => within(sent, 15_000, 15_200),
    });
    const whole = findIn(stream, { batch: 1_000_000 });
    assert.equal(whole.length, 4);
    for (const batch of [1, 7, 100]) {
      assert.deepEqual(findIn(stream, { batch }), whole);
    }
  });
});

describe('a stall', () => {
  const one = (options: StreamOptions): Finding & { kind: 'stall' } => {
    const findings = findIn(buildStream(options));
    const [finding] = findings;
    assert.equal(findings.length, 1, JSON.stringify(told(findings)));
    assert.ok(finding?.kind === 'stall');
    return finding;
  };

  it('has its interval, counts and fit', () => {
    const stall = one({ ...quiet, drainNs: 0, stalls: [hold(2005, 140)] });
    assert.deepEqual(stall, {
      type: 'finding',
      kind: 'stall',
      path: 'local>node/syn',
      startMin: 2000 * MS,
      startMax: 2010 * MS,
      release: 2145.1 * MS,
      durationNs: 140.1 * MS,
      probes: 14,
      probesAboveThreshold: 4,
      peakRttNs: 135.1 * MS,
      excessNs: 134.9 * MS,
      flowsHit: [0],
      flowsExposed: [],
      selfInflicted: false,
      fit: 1,
      slope: -1,
      releaseSpreadNs: 0,
      order: 'unknown',
    });
  });

  it('that was under way when the run began says so, as its length is not known', () => {
    const [held] = findIn(buildStream({ ...quiet, stalls: [hold(-50, 250)] }));
    assert.ok(held?.kind === 'stall' && held.startUnseen === true && held.startMin === held.startMax);
    assert.equal(one({ ...quiet, stalls: [hold(2000, 250)] }).startUnseen, undefined);
  });

  it('names the flows that had a probe under way and passed', () => {
    const stall = one({ flows: 8, queues: 4, stalls: [hold(2000, 300, 1)] });
    assert.deepEqual(
      [stall.flowsHit, stall.flowsExposed],
      [
        [1, 5],
        [0, 2, 3, 4, 6, 7],
      ],
    );
  });

  it('starts no earlier than the last probe of a hit flow: a clean one of another queue says nothing', () => {
    // Flow 1 sends at 1930, 2010, …; flow 5 at 1970 passes; flows of other queues pass until 2000 and later.
    const stall = one({ flows: 8, queues: 4, stalls: [hold(1995, 300, 1)] });
    assert.deepEqual([stall.startMin, stall.startMax], [1970 * MS, 2010 * MS]);
  });

  it('counts probes from new ports, which belong to no flow', () => {
    const alone = one({ ...quiet, flows: 4, queues: 1, stalls: [hold(2000, 400)] });
    const fresh = one({ ...quiet, flows: 4, queues: 1, freshPerSecond: 5, stalls: [hold(2000, 400)] });
    assert.deepEqual([alone.probes, fresh.probes], [40, 42]);
    assert.deepEqual(fresh.flowsHit, [0, 1, 2, 3]);
  });

  it('of probes from new ports alone may have begun one sweep before its release: fixed flows need not have met it', () => {
    let seen = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
      // Flow 15, the only one on queue 1, sends at 1910 and 2070 ms.
      const stream = buildStream({
        ...quiet,
        seed,
        flows: 16,
        queues: 2,
        queueOf: (flow) => (flow === 15 ? 1 : 0),
        freshPerSecond: 50,
        stalls: [hold(1915, 150, 1)],
      });
      for (const finding of findIn(stream)) {
        seen += finding.kind === 'stall' ? 1 : 0;
        assert.deepEqual(finding.flowsHit, []);
        assert.ok(finding.kind !== 'stall' || finding.startMin <= 1914.9 * MS, `${seed}: ${finding.startMin}`);
      }
    }
    assert.ok(seen > 20, `${seen}`);
  });

  it('is fifo where flows are released in the order of sending', () => {
    assert.equal(one({ ...quiet, flows: 4, stalls: [hold(2000, 300)] }).order, 'fifo');
  });

  it('is by-flow where queues are released in batches', () => {
    const stalls = [hold(2000, 300, 0), { fromNs: 2000 * MS, toNs: 2300.5 * MS, queue: 1 }];
    assert.equal(one({ ...quiet, flows: 4, queues: 2, stalls }).order, 'by-flow');
  });

  it('is of unknown order where jitter exceeds the distance of the releases', () => {
    const jitterNs = (random: () => number): number => 500 * US * random();
    assert.equal(one({ flows: 4, jitterNs, stalls: [hold(2000, 300)] }).order, 'unknown');
  });

  it('keeps its slope of about -1 where a thousand packets are released over 5 ms', () => {
    const stall = one({ ...quiet, drainNs: 0.35 * MS, stalls: [hold(2000, 140)] });
    assert.ok(stall.slope > -0.98 && stall.slope < -0.95, `${stall.slope}`);
    assert.ok(stall.fit > 0.99, `${stall.fit}`);
  });

  it('of at least what the user asks for', () => {
    const stalls = Array.from({ length: 20 }, (_, i) => hold(1000 + 150 * i, 99.7));
    const stream = buildStream({ ...quiet, stalls });
    assert.equal(findIn(stream).length, 20);
    assert.deepEqual(findIn(stream, { stallThresholdNs: 100 * MS }), []);
  });

  it('comes within a second of its release, before a spike that comes after it', () => {
    const stream = buildStream({
      ...quiet,
      flows: 16,
      queues: 16,
      stalls: [hold(2000, 500, 3)],
      delayNs: (sent) => (sent === 2600 * MS ? 150 * MS : 0),
    });
    const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
    const delays: string[] = [];
    for (const part of batches(stream.samples, 1)) {
      const nowNs = (part.sentNs[0] as number) + (part.rttNs[0] as number);
      for (const { kind, release } of bank.push(part)) {
        delays.push(`${kind} ${nowNs - release <= SECOND ? 'in time' : `after ${ms(nowNs - release)}`}`);
      }
    }
    assert.deepEqual(delays, ['stall in time', 'rtt-spike in time']);
  });

  it('comes by the passing of time alone where no further sample does', () => {
    const stream = buildStream({ ...quiet, durationNs: 3 * SECOND, stalls: [hold(2850, 150)] });
    const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
    assert.deepEqual(bank.push(stream.samples), []);
    assert.deepEqual(bank.advance(3500 * MS), []);
    assert.deepEqual(bank.advance(3900 * MS), []);
    assert.deepEqual(told(bank.advance(3950 * MS)), ['stall 15 150.1 [0]']);
    assert.deepEqual(bank.finish(5 * SECOND), []);
  });
});
