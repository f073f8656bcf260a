import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitAssembly } from '../../src/kernel/wait-assembly.js';
import type { Occupant, StackSample, WaitPlace } from '../../src/model/kernel-event.js';
import { MS } from '../../src/model/time.js';
import { buildWait } from '../correlate/build-wait.js';

const sample = (timeMs: number, cpu: number, more: Partial<StackSample> = {}): StackSample => ({
  ...{ timeNs: timeMs * MS, wait: 1, cpu, thread: 5, process: 5, threadName: 'x', syscall: -1 },
  ...{ isHolder: false, addresses: [7n], ...more },
});
const place = (wait: number, cpu: number, fromMs: number, toMs: number): WaitPlace => ({
  ...{ wait, cpu, fromNs: fromMs * MS, toNs: toMs * MS, sampledFromNs: 0, recordedNs: 0 },
});
const { wait } = buildWait();
const [occupant] = buildWait().occupants as [Occupant];

test('a wait gets the samples of the CPUs it was queued on, also from before, marked where it was queued', () => {
  const assembly = new WaitAssembly();
  assembly.take({ kind: 'symbol', address: 7n, name: 'work' });
  for (const [timeMs, cpu] of [
    [500, 1],
    [950, 1],
    [1_010, 0],
    [1_050, 0],
    [1_050, 1],
    [1_105, 1],
    [1_150, 1],
  ] as const) {
    assembly.take({ kind: 'stack', stack: sample(timeMs, cpu) });
  }
  assembly.take({ kind: 'wait-place', place: place(1, 0, 1_000, 1_020) });
  assembly.take({ kind: 'wait-place', place: place(1, 1, 1_020, 1_100) });
  const observed = assembly.take({ kind: 'wait', wait: { ...wait, wait: 1 } });
  assert.deepEqual(
    observed?.samples.map(({ timeNs, cpu, isWithin, stack }) => [timeNs / MS, cpu, isWithin, stack[0]]),
    [
      [950, 1, false, 'work'],
      [1_010, 0, true, 'work'],
      [1_050, 1, true, 'work'],
      [1_105, 1, false, 'work'],
    ],
  );
});

test('samples are told once, and belong to every wait around then; places and occupants to their own', () => {
  const assembly = new WaitAssembly();
  assembly.take({ kind: 'stack', stack: sample(1_050, 1) });
  const seen = [1, 2].map((number) => {
    assembly.take({ kind: 'wait-place', place: place(number, 1, 1_000, 1_100) });
    assembly.take({ kind: 'occupant', occupant: { ...occupant, wait: number, thread: number } });
    assembly.take({ kind: 'occupant', occupant: { ...occupant, wait: 9 } });
    return assembly.take({ kind: 'wait', wait: { ...wait, wait: number } });
  });
  assert.deepEqual(
    seen.map((observed) => [
      observed?.samples.length,
      observed?.places.length,
      observed?.occupants.map(({ thread }) => thread),
    ]),
    [
      [1, 1, [1]],
      [1, 1, [2]],
    ],
  );
});
