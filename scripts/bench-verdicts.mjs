#!/usr/bin/env node
// How often verdicts are right: random simulated scenarios, then every fault of the lab over three seeds.
// `npm run bench:verdicts -- sim` or `-- lab` runs one of the two; what stands behind goes to it.
import { step } from './step.mjs';

const [part = 'all', ...args] = process.argv.slice(2);
step('node', ['scripts/build.mjs']);
if (part !== 'lab') step('node', ['dist/test/bench/verdict-campaign.js', ...(part === 'sim' ? args : [])]);
if (part !== 'sim') step('node', ['dist/test/bench/lab-campaign.js', ...(part === 'lab' ? args : [])]);
