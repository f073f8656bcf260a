import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PathLog } from '../../src/bisect/paths/path-log.js';
import { allocateSamples, Outcomes } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const INTERVAL_NS = 10 * MS;
const WAIT_NS = 3 * SECOND;
const RTT_NS = MS;

/** Probes of 40 s, more than a log remembers; each that `isLost` is known to be lost after the wait time. */
function logged(isLost: (probe: number) => boolean): PathLog {
  const probes = Array.from({ length: 4_000 }, (_, probe) => ({
    probe,
    knownNs: probe * INTERVAL_NS + (isLost(probe) ? WAIT_NS : RTT_NS),
  })).sort((a, b) => a.knownNs - b.knownNs);
  const samples = allocateSamples(probes.length);
  const log = new PathLog({ intervalNs: INTERVAL_NS, freshPerSecond: 0 });
  for (const [i, { probe }] of probes.entries()) {
    samples.sentNs[i] = probe * INTERVAL_NS;
    samples.seq[i] = probe;
    samples.outcome[i] = isLost(probe) ? Outcomes.lost : Outcomes.reply;
    samples.rttNs[i] = isLost(probe) ? -1 : RTT_NS;
    log.observe(samples, i);
  }
  return log;
}

const probesWithin = (log: PathLog, fromNs: number, toNs: number): number[] =>
  log
    .sentWithin(fromNs, toNs)
    .map(({ sentNs }) => sentNs / INTERVAL_NS)
    .sort((a, b) => a - b);

suite('what was sent within a time', () => {
  test('is found wherever the ring of the log begins', () => {
    const log = logged(() => false);
    for (let first = 2_400; first < 3_990; first += 7) {
      const wanted = Array.from({ length: 9 }, (_, i) => first + i);
      assert.deepEqual(probesWithin(log, first * INTERVAL_NS, (first + 8) * INTERVAL_NS), wanted);
    }
  });

  test('has the probes that are known to be lost long after later ones were answered', () => {
    const log = logged((probe) => probe % 5 === 0);
    assert.deepEqual(
      probesWithin(log, 3_000 * INTERVAL_NS, 3_006 * INTERVAL_NS),
      [3_000, 3_001, 3_002, 3_003, 3_004, 3_005, 3_006],
    );
  });

  test('is nothing where all was sent before or after it', () => {
    const log = logged(() => false);
    assert.deepEqual(probesWithin(log, 50 * SECOND, 51 * SECOND), []);
    assert.deepEqual(probesWithin(log, 0, SECOND), []);
  });
});
