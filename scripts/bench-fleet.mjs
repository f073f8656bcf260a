#!/usr/bin/env node
// How often the verdict on a fleet is right. `npm run bench:fleet [-- RUNS [NODES [SEED [FILE]]]]` judges simulated fleets
// with known faults; the defaults are 1,000 runs of 1,000 nodes. `-- --store [RUNS [NODES [SEED [FILE]]]]` does so
// through a real Prometheus, ten runs by default. `-- --detection [RUNS [SEED [QUEUES]]]` runs the watching part of agents
// on simulated packets. `-- --lab [--store prometheus|victoria-metrics] [NODES [FAULT…]]` lets agents in namespaces watch
// each other, makes a node bad, and measures how long the alert takes; needs root.
import { step } from './step.mjs';

const [part, ...rest] = process.argv.slice(2);
const program = { '--store': 'fleet-store', '--lab': 'fleet-lab', '--detection': 'fleet-detection' }[part];
step('node', ['scripts/build.mjs']);
step('node', [`dist/test/bench/${program ?? 'fleet'}.js`, ...(program === undefined ? process.argv.slice(2) : rest)]);
