import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rebase } from '../../src/commands/run/rebase.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { allocateSamples } from '../../src/model/sample.js';

const BY = 1_000;

test('every instant of an event moves with its time line, and no length does', () => {
  const samples = allocateSamples(1);
  samples.dueNs[0] = 10;
  samples.sentNs[0] = 12;
  samples.rttNs[0] = 5;
  const moved = rebase({ kind: 'samples', samples }, BY);
  assert.ok(moved.kind === 'samples');
  assert.deepEqual([moved.samples.dueNs[0], moved.samples.sentNs[0], moved.samples.rttNs[0]], [10 + BY, 12 + BY, 5]);

  const pause = { fromNs: 1, toNs: 2, cause: 'late-wake', missedSlots: 0, runDelayNs: 3, stealNs: -1, cpu: 0 } as const;
  const gap = { fromNs: 1, toNs: 9, stealNs: 4, cpu: 1, servesInterface: true, realtime: true };
  const clock = { timeNs: 7, realDriftNs: 8, stepNs: 9, uncertaintyNs: 10 };
  const softnet = { fromNs: 1, toNs: 2, cpu: 0, timeSqueeze: 3, dropped: 4 };
  const events: [before: EngineEvent, after: EngineEvent][] = [
    [
      { kind: 'pause', pause },
      { kind: 'pause', pause: { ...pause, fromNs: 1 + BY, toNs: 2 + BY } },
    ],
    [
      { kind: 'cpu-gap', gap },
      { kind: 'cpu-gap', gap: { ...gap, fromNs: 1 + BY, toNs: 9 + BY } },
    ],
    [
      { kind: 'clock', clock },
      { kind: 'clock', clock: { ...clock, timeNs: 7 + BY } },
    ],
    [
      { kind: 'softnet', softnet },
      { kind: 'softnet', softnet: { ...softnet, fromNs: 1 + BY, toNs: 2 + BY } },
    ],
    [
      { kind: 'end', timeNs: 5, reason: 'complete' },
      { kind: 'end', timeNs: 5 + BY, reason: 'complete' },
    ],
    [
      { kind: 'start', epochRealNs: 5_000n, epochMonoNs: 4_000n, streamId: 1n },
      { kind: 'start', epochRealNs: 4_000n, epochMonoNs: 3_000n, streamId: 1n },
    ],
    [
      { kind: 'warning', code: 'W', message: 'has no instant' },
      { kind: 'warning', code: 'W', message: 'has no instant' },
    ],
  ];
  for (const [before, after] of events) assert.deepEqual(rebase(before, BY), after);
});
