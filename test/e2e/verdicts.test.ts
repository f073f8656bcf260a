import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { plannedTrials } from '../verdicts/planned-trials.js';
import { needsRoot } from './lab-probing.js';

/**
 * Threads that receive are moved to a hog's CPU and back, on either end; a starved one; the handler of another softirq.
 * Of these the right one is named in so many at least; in the others nobody, and never a wrong one.
 */
const WHO_HELD: readonly string[] = ['rx-queue', 'sender', 'starved', 'handler'] satisfies readonly FaultName[];
const LEAST_NAMED = 3;

const trials = plannedTrials(['verdict-a'], true);

it(`who held the CPU under ${WHO_HELD.join(', ')}: named in ${LEAST_NAMED} and more`, needsRoot, (t) => {
  const standings = trials
    .filter(({ title }) => WHO_HELD.includes(title))
    .map(({ title, culprit }) => ({ title, culprit }));
  t.diagnostic(standings.map(({ title, culprit }) => `${title} ${culprit}`).join(', '));
  assert.ok(standings.filter(({ culprit }) => culprit === 'right').length >= LEAST_NAMED, JSON.stringify(standings));
});
