#!/usr/bin/env node
// A lab without a fault for half an hour, while every CPU is busy, the probers are stopped and continued, and have a
// CPU quota to live with: `npm run bench:none [-- --minutes 30 --disturbance all]`. Needs root for the namespaces.
import { step } from './step.mjs';

step('node', ['scripts/build.mjs']);
step('node', ['dist/test/bench/none-go.js', ...process.argv.slice(2)]);
