#!/usr/bin/env node
// Installs what is missing, builds, and shows in the lab what rxray finds: `npm run demo`, or from a slow request down,
// `npm run demo -- requests`. Needs root for the namespaces; packets stay in them.
import { requestsDemo } from './demo-requests.mjs';
import { fail, root, step } from './step.mjs';

const [which, ...rest] = process.argv.slice(2);
if (rest.length > 0 || !['requests', undefined].includes(which)) fail('npm run demo, or npm run demo -- requests');
step('node', ['scripts/setup.mjs', '--for', 'lab']);
step('node', ['scripts/build.mjs']);
const asRoot = process.getuid() === 0 ? [] : ['sudo'];
const rxray = [...asRoot, process.execPath, `${root}/dist/bin/rxray.js`];
if (which === 'requests') await requestsDemo(rxray);
else {
  const [command, ...args] = [...rxray, 'lab', 'demo'];
  step(command, args, { quiet: true });
}
