import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExtremeBuckets } from '../../src/report/document/extreme-buckets.js';
import { PickedSamples } from '../../src/report/document/picked-samples.js';
import { PointGatherer } from '../../src/report/document/sample-points.js';

interface Sample {
  readonly sentNs: number;
  readonly rttNs: number;
}

/** Samples at irregular distances, out of order by a few, with rare spikes; the same for the same seed. */
function stream(seed: number, length: number): Sample[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let sentNs = 0;
  const samples = Array.from({ length }, () => {
    sentNs += 1 + Math.floor(next() * 20_000_000);
    const rttNs = Math.floor(next() * 1_000_000) + (next() < 0.002 ? Math.floor(next() * 500_000_000) : 0);
    return { sentNs, rttNs };
  });
  for (let index = 0; index + 3 < length; index += 7) {
    [samples[index], samples[index + 3]] = [samples[index + 3] as Sample, samples[index] as Sample];
  }
  return samples;
}

function pointsOf(picked: { gather(into: PointGatherer): void }): string[] {
  const gatherer = new PointGatherer();
  picked.gather(gatherer);
  const { sentNs, rttNs } = gatherer.points();
  return Array.from(sentNs, (sent, index) => `${sent} ${rttNs[index]}`);
}

describe('samples picked for a plot', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    test(`no spike is lost, whatever the run: each bucket has its first, last, lowest and highest (seed ${seed})`, () => {
      const samples = stream(seed, 1_000 + 997 * seed);
      const buckets = new ExtremeBuckets(64, 1_000_000, 0);
      for (const { sentNs, rttNs } of samples) buckets.add(sentNs, rttNs, 0);
      const kept = new Set(pointsOf(buckets));
      const own = new Map<number, Sample[]>();
      for (const sample of samples) {
        const bucket = Math.floor(sample.sentNs / buckets.widthNs);
        own.set(bucket, [...(own.get(bucket) ?? []), sample]);
      }
      for (const inside of own.values()) {
        const bySent = [...inside].sort((a, b) => a.sentNs - b.sentNs);
        const byRtt = [...inside].sort((a, b) => a.rttNs - b.rttNs);
        for (const wanted of [bySent[0], bySent.at(-1)])
          assert.ok(wanted && kept.has(`${wanted.sentNs} ${wanted.rttNs}`));
        const rtts = inside.filter(({ sentNs, rttNs }) => kept.has(`${sentNs} ${rttNs}`)).map(({ rttNs }) => rttNs);
        assert.equal(Math.max(...rtts), byRtt.at(-1)?.rttNs);
        assert.equal(Math.min(...rtts), byRtt[0]?.rttNs);
      }
      assert.ok(kept.size <= 64 * 4, `${kept.size} points`);
      const all = new Set(samples.map(({ sentNs, rttNs }) => `${sentNs} ${rttNs}`));
      for (const point of kept) assert.ok(all.has(point), `${point} is no real sample`);
    });
  }

  test('a short run is kept whole', () => {
    const picked = new PickedSamples(64);
    const samples = stream(3, 256);
    for (const { sentNs, rttNs } of samples) picked.add(sentNs, rttNs, 0, false);
    assert.equal(pointsOf(picked).length, 256);
    assert.equal(picked.bucketNs, 0);
  });

  test('a run that outgrows its room keeps its slowest probe, its end and its losses', () => {
    const picked = new PickedSamples(64);
    for (let probe = 0; probe < 100_000; probe += 1) {
      const rttNs = probe === 31_337 ? -1 : probe === 77_777 ? 9e8 : 200_000 + (probe % 100);
      picked.add(probe * 1e7, rttNs, 0, false);
    }
    const points = pointsOf(picked);
    assert.ok(points.length <= 64 * 5);
    assert.ok(points.includes(`${77_777 * 1e7} ${9e8}`));
    assert.ok(points.includes(`${31_337 * 1e7} -1`));
    assert.ok(points.includes(`${99_999 * 1e7} ${200_000 + 99}`));
    assert.ok(points.includes('0 200000'));
  });

  for (const room of [4, 64]) {
    test(`an answer that came late takes the place of its loss (${room} buckets)`, () => {
      const picked = new PickedSamples(room);
      for (let probe = 0; probe < 40; probe += 1) picked.add(probe * 1e7, probe === 20 ? -1 : 1e5, 0, false);
      picked.add(20 * 1e7, 1.5e9, 0, true);
      const points = pointsOf(picked);
      assert.ok(points.includes(`${20 * 1e7} 1500000000`));
      assert.ok(!points.some((point) => point.endsWith(' -1')), points.join(', '));
    });
  }
});
