import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import type { Pause } from '../../src/model/engine-event.js';
import { allocateSamples, SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { buildStream, findIn } from './build-stream.js';

function pause(fromMs: number, toMs: number, cause: Pause['cause'] = 'late-wake'): Pause {
  return {
    fromNs: fromMs * MS,
    toNs: toMs * MS,
    cause,
    missedSlots: 0,
    runDelayNs: -1,
    stealNs: -1,
    cpu: -1,
  };
}

/** A hold of 130 ms from 2000 to 2130 ms, on a path of 0.2 ms. */
const stalled = buildStream({ stalls: [{ fromNs: 2000 * MS, toNs: 2130 * MS }] });
/** The same on a path of 300 ms. */
const farStalled = buildStream({ baseNs: 300 * MS, stalls: [{ fromNs: 2000 * MS, toNs: 2130 * MS }] });
/** Stamped in user space, the prober stopped from 2000 to 2150 ms: what was under way is read at its end. */
const stoppedReader = buildStream({
  baseNs: 50 * MS,
  jitterNs: () => 0,
  isMissed: (sent) => sent > 2000 * MS && sent < 2150 * MS,
  delayNs: (sent) => (sent > 1950 * MS && sent <= 2000 * MS ? 2150 * MS - (sent + 50 * MS) : 0),
});

const CASES: readonly [title: string, stream: typeof stalled, pauses: readonly Pause[], flagged: boolean][] = [
  ['no pause', stalled, [], false],
  ['a late wake of 2 ms beside the stall', stalled, [pause(2050, 2052)], false],
  ['a pause that ended before', stalled, [pause(1800, 1950)], false],
  ['a pause over all of it', stalled, [pause(1999, 2131)], true],
  ['a pause over half of it', stalled, [pause(2060, 2131)], true],
  ['a pause over a fifth of it', stalled, [pause(2100, 2131)], false],
  [
    'a pause and the slots missed by it count once',
    stalled,
    [pause(2090, 2125), pause(2090, 2125, 'missed-slots')],
    false,
  ],
  [
    'many short pauses that sum up',
    stalled,
    Array.from({ length: 10 }, (_, i) => pause(2000 + 12 * i, 2008 + 12 * i)),
    true,
  ],
  ['a clock step inside', stalled, [pause(2050, 2050, 'clock-step')], true],
  ['a clock step before', stalled, [pause(1500, 1500, 'clock-step')], false],
  ['on a long path, a pause as long as the excess', farStalled, [pause(2100, 2230)], true],
  ['a stopped prober with user-space stamps', stoppedReader, [pause(2000, 2150)], true],
];

describe('a finding is self-inflicted, or not, with', () => {
  for (const [title, stream, pauses, flagged] of CASES) {
    it(`${title}: ${flagged ? 'yes' : 'no'}`, () => {
      const findings = findIn(stream, { pauses });
      assert.deepEqual(
        findings.map((finding) => [finding.kind, finding.selfInflicted]),
        [['stall', flagged]],
      );
    });
  }

  it('a pause reported after the samples: yes, and it is counted apart', () => {
    const bank = createDetectorBank([stalled.path], { thresholdNs: 100 * MS, waitNs: SECOND });
    bank.push(stalled.samples);
    bank.pause(pause(1999, 2131));
    assert.deepEqual(
      bank.advance(6 * SECOND).map((finding) => finding.selfInflicted),
      [true],
    );
    bank.finish(6 * SECOND);
    const [summary] = bank.summaries();
    assert.deepEqual([summary?.stalls, summary?.spikes, summary?.selfInflicted], [0, 0, 1]);
  });

  it('samples that span a clock step: they are counted, but their RTT is not used', () => {
    const samples = allocateSamples(100);
    for (let i = 0; i < 100; i += 1) {
      samples.seq[i] = i;
      samples.sentNs[i] = i * 10 * MS;
      samples.dueNs[i] = i * 10 * MS;
      samples.rttNs[i] = i === 50 ? 500 * MS : 0.2 * MS;
      samples.flags[i] = i === 50 ? SampleFlags.clockStep : 0;
    }
    const bank = createDetectorBank([stalled.path], { thresholdNs: 100 * MS, waitNs: SECOND });
    assert.deepEqual([...bank.push(samples), ...bank.finish(2 * SECOND)], []);
    const [summary] = bank.summaries();
    assert.deepEqual([summary?.received, summary?.rttNs?.max], [100, 0.2 * MS]);
  });
});
