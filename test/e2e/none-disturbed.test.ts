import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labDown } from '../../src/lab/lab.js';
import { noneRun, noneWords, quotaMissing } from '../verdicts/none-run.js';
import { LAB, needsRoot, upLab } from './lab-probing.js';

const SECONDS = 10;

test('busy, with stopped probers and a CPU quota: every finding is marked or matches a pause, nobody is blamed', {
  ...needsRoot,
  timeout: 120_000,
}, async (t) => {
  t.after(() => labDown({ name: LAB }, () => {}));
  const lab = await upLab(4);
  if (quotaMissing() !== false) t.diagnostic(`without a quota: ${quotaMissing()}`);
  const run = await noneRun(lab, 'all', SECONDS);
  t.diagnostic(`${noneWords(run)}; a prober stopped ${run.stops} times`);
  assert.ok(run.stops >= 5, `a prober was stopped ${run.stops} times`);
  assert.deepEqual(run.unexplained, []);
  assert.ok(['healthy', 'inconclusive'].includes(run.verdict.cause), JSON.stringify(run.verdict, null, 1));
});
