#!/usr/bin/env node
// What agents cost, and whether that stays flat: `npm run bench:soak [-- --minutes N] [--nodes N] [--quota MILLICORES]`; two
// minutes unless told otherwise. Needs root for the namespaces.
import { step } from './step.mjs';

step('node', ['scripts/build.mjs']);
step('node', ['dist/test/bench/soak.js', ...process.argv.slice(2)]);
