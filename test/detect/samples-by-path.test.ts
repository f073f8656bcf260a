import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { SamplesByPath } from '../../src/detect/samples-by-path.js';
import { allocateSamples, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { seeded } from './build-stream.js';

const PATHS = 7;

/** Samples of random paths; `seq` counts those of each. */
function mixed(length: number, seed = 1): SampleColumns {
  const random = seeded(seed);
  const samples = allocateSamples(length);
  const next = new Array<number>(PATHS + 1).fill(0);
  for (let i = 0; i < length; i += 1) {
    const path = Math.floor(random() * (PATHS + 1));
    samples.path[i] = path;
    samples.seq[i] = next[path] as number;
    next[path] = (next[path] as number) + 1;
  }
  return samples;
}

function taken(byPath: SamplesByPath, samples: SampleColumns, from: number, to: number): [path: number, i: number][] {
  const all: [number, number][] = [];
  byPath.each(samples, from, to, PATHS, (path, i) => all.push([path, i]));
  return all;
}

suite('samples taken in path by path', () => {
  test('each sample of a known path comes once, those of a path in their order, whatever the batch', () => {
    const byPath = new SamplesByPath();
    for (const [length, from, to] of [
      [1_000, 0, 1_000],
      [1_000, 300, 900],
      [64, 0, 64],
      [63, 0, 63],
      [5_000, 4_000, 4_500],
    ] as const) {
      const samples = mixed(length, length + from);
      const all = taken(byPath, samples, from, to);
      const known = Array.from({ length: to - from }, (_, i) => from + i).filter((i) => (samples.path[i] ?? 0) < PATHS);
      assert.deepEqual(
        all.map(([, i]) => i).sort((a, b) => a - b),
        known,
      );
      for (let path = 0; path < PATHS; path += 1) {
        const own = all.filter(([of]) => of === path).map(([, i]) => i);
        assert.deepEqual(
          own,
          known.filter((i) => samples.path[i] === path),
        );
      }
    }
  });

  test('in a large batch those of a path come together', () => {
    const order = taken(new SamplesByPath(), mixed(1_000), 0, 1_000).map(([path]) => path);
    const changes = order.filter((path, i) => i > 0 && path !== order[i - 1]).length;
    assert.equal(changes, PATHS - 1);
  });

  test('findings come in the order in which their paths came to have one, not by path', () => {
    const paths = Array.from({ length: 4 }, (_, i) => ({
      name: `a>${i}/icmp`,
      intervalNs: 10 * MS,
      flows: 1,
      protocol: 'icmp' as const,
      freshPerSecond: 0,
    }));
    const found = (perBatch: number): string[] => {
      const bank = createDetectorBank(paths, { thresholdNs: 100 * MS, waitNs: SECOND });
      const findings: string[] = [];
      for (let from = 0; from < 4_000; from += perBatch) {
        findings.push(...bank.push(spikes(from, perBatch)).map(({ path }) => path));
      }
      return [...findings, ...bank.finish(20 * SECOND).map(({ path }) => path)];
    };
    const expected = ['a>3/icmp', 'a>0/icmp', 'a>2/icmp', 'a>1/icmp'];
    assert.deepEqual(found(4_000), expected);
    assert.deepEqual(found(16), expected);
  });
});

/** A round of all four paths every 10 ms; each has one slow probe, 3 first, then 0, 2 and 1. */
function spikes(from: number, length: number): SampleColumns {
  const samples = allocateSamples(length);
  const rounds = [520, 560, 540, 500];
  for (let j = 0; j < length; j += 1) {
    const [path, round] = [(from + j) % 4, Math.floor((from + j) / 4)];
    samples.path[j] = path;
    samples.seq[j] = round;
    samples.dueNs[j] = round * 10 * MS;
    samples.sentNs[j] = round * 10 * MS;
    samples.rttNs[j] = round === rounds[path] ? 150 * MS : MS;
  }
  return samples;
}
