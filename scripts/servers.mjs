#!/usr/bin/env node
// Installs real servers from Debian (none is started) and probes them in a namespace of the test's own. Needs root.
import { step } from './step.mjs';

step('node', ['scripts/setup.mjs', '--for', 'servers']);
step('node', ['scripts/test.mjs', 'real', 'e2e/real-servers']);
