#!/usr/bin/env node
// Whether agents survive, and accuse nobody of what is their own. `npm run bench:agents [-- kills [ROUNDS [SEED]]]` ends
// one of their processes again and again, 200 times by default; `-- quiet [SECONDS [NODES [PHASE…]]]` watches them, with a
// real Prometheus and Alertmanager, while nothing is wrong: idle, on busy CPUs, under a CPU quota, stopped and continued,
// and while members come and go, four minutes each by default. `-- toll [ROUNDS]` measures what packets of others cost
// more on a node with an agent. Needs root.
import { step } from './step.mjs';

const [part = 'kills', ...rest] = process.argv.slice(2);
step('node', ['scripts/build.mjs']);
step('node', [`dist/test/bench/agent-${['quiet', 'toll'].includes(part) ? part : 'kills'}.js`, ...rest]);
