#!/usr/bin/env node
// How often the verdict on a fleet is right. `npm run bench:fleet [-- RUNS [NODES [SEED [FILE]]]]` judges simulated fleets
// with known faults; the defaults are 1,000 runs of 1,000 nodes.
import { step } from './step.mjs';

step('node', ['scripts/build.mjs']);
step('node', ['dist/test/bench/fleet.js', ...process.argv.slice(2)]);
