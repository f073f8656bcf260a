import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { buildStream } from './build-stream.js';

/** Probes handed over from `fromMs` on leave at `toMs`; their RTT, from the transmit stamp, is as ever. */
function heldOnTheWayOut(fromMs: number, toMs: number, flag: number) {
  const stream = buildStream({ jitterNs: () => 0, durationNs: 8 * SECOND });
  const { samples } = stream;
  for (let i = 0; i < samples.length; i += 1) {
    const dueNs = samples.dueNs[i] as number;
    if (dueNs < fromMs * MS || dueNs >= toMs * MS) continue;
    samples.sentNs[i] = toMs * MS;
    samples.txDelayNs[i] = toMs * MS - dueNs;
    samples.flags[i] = flag;
  }
  const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
  return [...bank.push(samples), ...bank.finish(stream.endNs)];
}

describe("what waits on the vantage's own way out", () => {
  it('is a stall of the leg out, though each RTT is as ever', () => {
    const [stall, ...more] = heldOnTheWayOut(4000, 5000, SampleFlags.heldBeforeQueue);
    assert.deepEqual(more, []);
    assert.ok(stall?.kind === 'stall' && stall.leg === 'out', JSON.stringify(stall));
    assert.deepEqual([stall.probes, stall.release, stall.peakRttNs], [100, 5000 * MS, 1000 * MS]);
  });

  it('of a queue of the interface as well, from two intervals on', () => {
    const [stall] = heldOnTheWayOut(4000, 4040, SampleFlags.heldInQueue);
    assert.ok(stall?.kind === 'stall' && stall.leg === 'out' && stall.probes >= 3, JSON.stringify(stall));
  });

  it('is none where the packet left within the send call: that is the time of the prober', () => {
    assert.deepEqual(heldOnTheWayOut(4000, 5000, 0), []);
  });
});
