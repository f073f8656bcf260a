#!/usr/bin/env node
// How often verdicts are right. `npm run bench:verdicts` runs random simulated scenarios, then every fault of the lab;
// `-- --sim [SCENARIOS [SEED] [--write]]` the first only, `-- --lab [--faults A,B] [--seeds 1,2,3] [--queues 1,2,4,8]
// [--load quiet,busy] [--vantage yes,no] [--seconds N] [--period 400-3000] [--labs 2] [--requests] [--resume] [--minutes N] [--out FILE] [--recordings FOLDER] [--write]` the second;
// `-- --sensitivity [--scenarios N] [--seed N] [--only NAME,NAME] [--write]` halves and doubles the numbers that verdicts rest on.
// `--write` keeps the figures in docs/inference.json or docs/lab-campaign.csv, and in docs/inference.md.
import { step } from './step.mjs';

const [part = '', ...args] = process.argv.slice(2);
const wanted = part.replace(/^--/, '');
step('node', ['scripts/build.mjs']);
if (wanted === 'sensitivity') {
  step('node', ['dist/test/bench/sensitivity.js', ...args]);
  process.exit();
}
if (wanted !== 'lab') step('node', ['dist/test/bench/verdict-campaign.js', ...(wanted === 'sim' ? args : [])]);
if (wanted !== 'sim') step('node', ['dist/test/bench/lab-campaign.js', ...(wanted === 'lab' ? args : [])]);
