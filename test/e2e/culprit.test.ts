import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { labTrial, trialWords } from '../verdicts/lab-trial.js';
import { needsRoot } from './lab-probing.js';

const LAB = { name: 'culprit' };
/** Threads that receive are moved to a hog's CPU and back, on either end; a starved one; the handler of another softirq. */
const FAULTS: readonly FaultName[] = ['rx-queue', 'sender', 'starved', 'handler'];
/** In so many of them the right one is named; in the others nobody, and never a wrong one. */
const LEAST_RIGHT = 3;
const AT_MOST_S = 40;

test(`who holds the CPU under ${FAULTS.join(', ')}: right in ${LEAST_RIGHT} and more, wrong in none`, {
  ...needsRoot,
  timeout: 300_000,
}, async (t) => {
  const lab = await labUp(LAB, () => {});
  const standings: string[] = [];
  try {
    for (const fault of FAULTS) {
      const options = { lab, faults: [fault], seed: 7, within: true, atMostS: AT_MOST_S } as const;
      const trial = await labTrial({ ...options, periodMs: [400, 900] });
      t.diagnostic(`${fault}: ${trialWords(trial)}; culprit ${trial.culprit}`);
      standings.push(trial.culprit);
    }
  } finally {
    await labDown(LAB, () => {});
  }
  assert.ok(!standings.includes('wrong'), standings.join(', '));
  assert.ok(standings.filter((standing) => standing === 'right').length >= LEAST_RIGHT, standings.join(', '));
});
