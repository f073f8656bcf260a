#!/usr/bin/env node
// How often the verdict on a fleet is right. `npm run bench:fleet [-- RUNS [NODES [SEED [FILE]]]]` judges simulated fleets
// with known faults; the defaults are 1,000 runs of 1,000 nodes. `-- --store [RUNS [NODES [SEED [FILE]]]]` does so
// through a real Prometheus, ten runs by default.
import { step } from './step.mjs';

const args = process.argv.slice(2);
const isStore = args[0] === '--store';
step('node', ['scripts/build.mjs']);
step('node', isStore ? ['dist/test/bench/fleet-store.js', ...args.slice(1)] : ['dist/test/bench/fleet.js', ...args]);
