// Runs files of tests with node:test, so many at once.
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** See src/installation/late-optimization.ts. */
const LATE = '--interrupt-budget=1000000';

export async function runTests(paths, concurrency, tally) {
  if (paths.length === 0) return;
  // What the tests run is handed on to their processes: most last seconds, and V8 would optimise what hardly runs again.
  if (process.versions.node.startsWith('20.') && !process.execArgv.includes(LATE)) process.execArgv.push(LATE);
  const stream = run({ files: paths, concurrency });
  stream.on('test:pass', (event) => tally.passed(event));
  stream.on('test:fail', (event) => tally.failed(event));
  await new Promise((resolve) => stream.compose(new spec()).on('end', resolve).pipe(process.stdout, { end: false }));
}
