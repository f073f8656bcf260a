#!/usr/bin/env node
// Installs what is missing, builds, and shows in the lab what rxray finds. Needs root for the namespaces.
import { root, step } from './step.mjs';

step('node', ['scripts/setup.mjs', '--for', 'lab']);
step('node', ['scripts/build.mjs']);
const asRoot = process.getuid() === 0 ? [] : ['sudo'];
const [command, ...args] = [...asRoot, process.execPath, `${root}/dist/bin/rxray.js`, 'lab', 'demo'];
step(command, args, { quiet: true });
